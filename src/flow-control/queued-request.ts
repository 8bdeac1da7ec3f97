import type { FlowRequest, Refusal, Waiting } from './admission.js';
import type { InHeap } from './indexed-heap.js';
import type { Linked } from './linked-list.js';

/** Who is told that nobody waits for a request any more. */
export interface Canceller {
  /** @param admitted it was, and nobody has been told */
  cancelled(queued: QueuedRequest, admitted: boolean): void;
}

/** Where a request stands in its flow. */
export interface QueuePlace {
  /** Smaller goes first. */
  readonly rank: number;
  /** Of two with the same rank the smaller goes first. */
  readonly sequence: number;
  /** Milliseconds. */
  readonly enqueuedAt: number;
}

type State = 'queued' | 'admitted' | 'refused' | 'done';

/** A request that waits. Its places in a heap and in a list are its flow's and its band's. */
export class QueuedRequest implements Waiting, InHeap, Linked<QueuedRequest> {
  readonly kind = 'waiting';
  heapIndex = -1;
  previous: QueuedRequest | undefined;
  next: QueuedRequest | undefined;
  readonly rank: number;
  readonly sequence: number;
  readonly enqueuedAt: number;
  private state: State = 'queued';
  private refusal: Refusal | undefined;
  private told: ((refusal?: Refusal) => void) | undefined;

  constructor(
    readonly request: FlowRequest,
    place: QueuePlace,
    private readonly canceller: Canceller,
  ) {
    this.rank = place.rank;
    this.sequence = place.sequence;
    this.enqueuedAt = place.enqueuedAt;
  }

  whenSettled(settled: (refusal?: Refusal) => void): void {
    this.told = settled;
    if (this.state !== 'queued') this.tellSoon();
  }

  cancel(): void {
    if (this.state === 'done') return;
    const { state } = this;
    this.state = 'done';
    this.told = undefined;
    if (state !== 'refused') this.canceller.cancelled(this, state === 'admitted');
  }

  /** @param refusal undefined: it may go on */
  settle(refusal?: Refusal): void {
    this.state = refusal ? 'refused' : 'admitted';
    this.refusal = refusal;
    if (this.told) this.tellSoon();
  }

  /** @returns whether it was admitted before anybody could be told: whoever asks knows it now, and is not told again */
  takeAdmission(): boolean {
    if (this.state !== 'admitted') return false;
    this.state = 'done';
    return true;
  }

  /** Whoever is told may begin anything: not amid the queues. */
  private tellSoon(): void {
    queueMicrotask(() => {
      const { told, state, refusal } = this;
      if (state === 'done') return;
      this.state = 'done';
      told?.(refusal);
    });
  }
}

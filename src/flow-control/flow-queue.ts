import { IndexedHeap, type InHeap } from './indexed-heap.js';
import type { Linked } from './linked-list.js';
import type { QueuedRequest } from './queued-request.js';

/** @returns whether the one goes before the other, by what their band's ordering policy says */
export function goesBefore(one: QueuedRequest, other: QueuedRequest): boolean {
  return one.rank === other.rank ? one.sequence < other.sequence : one.rank < other.rank;
}

/** The waiting requests of one priority and fairness id. Its places in a list and in a heap are the fairness policy's. */
export class FlowQueue implements InHeap, Linked<FlowQueue> {
  heapIndex = -1;
  previous: FlowQueue | undefined;
  next: FlowQueue | undefined;
  /** Of the waiting requests. */
  bytes = 0;
  private readonly requests = new IndexedHeap<QueuedRequest>(goesBefore);

  constructor(readonly fairnessId: string) {}

  get size(): number {
    return this.requests.size;
  }

  /** Who goes first; undefined where nobody waits. */
  get head(): QueuedRequest | undefined {
    return this.requests.first;
  }

  /** @returns whether it is the first now */
  add(request: QueuedRequest): boolean {
    this.requests.push(request);
    this.bytes += request.request.bytes;
    return this.requests.first === request;
  }

  /** @returns whether it was the first */
  remove(request: QueuedRequest): boolean {
    const wasFirst = this.requests.first === request;
    this.requests.remove(request);
    this.bytes -= request.request.bytes;
    return wasFirst;
  }
}

import type { BandState } from './admission.js';
import type { FairBand, FairnessPolicy } from './fairness-policy.js';
import { FlowQueue } from './flow-queue.js';
import { LinkedList } from './linked-list.js';
import type { OrderingPolicy } from './ordering-policy.js';
import type { QueuedRequest } from './queued-request.js';

/** How requests of a priority are treated. */
export interface BandPlan {
  readonly maxRequests: number;
  readonly maxBytes: number;
  /** Milliseconds that a request may wait; Infinity: for ever. */
  readonly ttl: number;
  readonly fairness: FairnessPolicy;
  readonly ordering: OrderingPolicy;
}

/** The waiting requests of one priority. */
export class Band {
  queued = 0;
  bytes = 0;
  /** Milliseconds: when somebody came last. */
  usedAt: number;
  /** In the order in which they came, which is the order in which their time is over. */
  readonly ages = new LinkedList<QueuedRequest>();
  private readonly flows = new Map<string, FlowQueue>();
  private readonly fair: FairBand;

  /** @param isLasting it was configured: it stays, also where nobody uses it */
  constructor(
    readonly priority: number,
    readonly plan: BandPlan,
    readonly isLasting: boolean,
    now: number,
  ) {
    this.usedAt = now;
    this.fair = plan.fairness.forBand();
  }

  add(queued: QueuedRequest): void {
    const flow = this.flowOf(queued);
    this.queued++;
    this.bytes += queued.request.bytes;
    this.ages.append(queued);
    const isFirst = flow.add(queued);
    if (flow.size === 1) this.fair.filled(flow);
    else if (isFirst) this.fair.headChanged?.(flow);
  }

  /** @returns whose turn it is; somebody waits */
  get next(): QueuedRequest {
    return this.fair.next().head!;
  }

  /** It goes on. */
  serve(queued: QueuedRequest): void {
    const flow = this.remove(queued);
    this.fair.served?.(flow);
  }

  /** @returns the flow that it was in */
  remove(queued: QueuedRequest): FlowQueue {
    const flow = this.flowOf(queued);
    this.queued--;
    this.bytes -= queued.request.bytes;
    this.ages.remove(queued);
    const wasFirst = flow.remove(queued);
    if (flow.size === 0) {
      this.flows.delete(flow.fairnessId);
      this.fair.emptied(flow);
    } else if (wasFirst) this.fair.headChanged?.(flow);
    return flow;
  }

  get state(): BandState {
    const { maxRequests, maxBytes } = this.plan;
    return {
      ...{ priority: this.priority, queued: this.queued, queuedBytes: this.bytes },
      ...{ maxRequests, maxBytes },
      flows: Array.from(this.flows.values(), ({ fairnessId, size, bytes }) => ({
        ...{ fairnessId, queued: size, queuedBytes: bytes },
      })),
    };
  }

  /** A flow is kept as long as somebody waits in it. */
  private flowOf({ request: { fairnessId } }: QueuedRequest): FlowQueue {
    const known = this.flows.get(fairnessId);
    if (known) return known;
    const flow = new FlowQueue(fairnessId);
    this.flows.set(fairnessId, flow);
    return flow;
  }
}

import type { FairBand } from '../fairness-policy.js';
import { goesBefore, type FlowQueue } from '../flow-queue.js';

/** Picks by a score that changes with time: each flow that has somebody waiting is looked at each time. */
export abstract class ScoredBand implements FairBand {
  protected readonly flows: FlowQueue[] = [];

  filled(flow: FlowQueue): void {
    flow.heapIndex = this.flows.push(flow) - 1;
  }

  emptied(flow: FlowQueue): void {
    const last = this.flows.pop()!;
    if (last === flow) return;
    this.flows[flow.heapIndex] = last;
    last.heapIndex = flow.heapIndex;
  }

  next(): FlowQueue {
    this.prepare();
    let best = this.flows[0]!;
    let most = this.score(best);
    for (let at = 1; at < this.flows.length; at++) {
      const flow = this.flows[at]!;
      const score = this.score(flow);
      if (score < most || (score === most && !goesBefore(flow.head!, best.head!))) continue;
      best = flow;
      most = score;
    }
    return best;
  }

  /** Called before the scores of a choice. */
  protected abstract prepare(): void;

  /** @returns the larger goes first; of equals the one whose first request would go before the other's */
  protected abstract score(flow: FlowQueue): number;
}

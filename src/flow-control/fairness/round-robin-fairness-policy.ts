import * as z from 'zod';
import { definePlugin } from '../../scheduling/plugin-definition.js';
import type { FairBand, FairnessPolicy } from '../fairness-policy.js';
import type { FlowQueue } from '../flow-queue.js';
import { LinkedList } from '../linked-list.js';

/** Who was served goes to the end. */
class RoundRobinBand implements FairBand {
  private readonly flows = new LinkedList<FlowQueue>();

  filled(flow: FlowQueue): void {
    this.flows.append(flow);
  }

  emptied(flow: FlowQueue): void {
    this.flows.remove(flow);
  }

  next(): FlowQueue {
    return this.flows.first!;
  }

  served(flow: FlowQueue): void {
    if (flow.size === 0) return;
    this.flows.remove(flow);
    this.flows.append(flow);
  }
}

export class RoundRobinFairness implements FairnessPolicy {
  forBand(): FairBand {
    return new RoundRobinBand();
  }
}

export const roundRobinFairnessPolicy = definePlugin({
  type: 'round-robin-fairness-policy',
  kinds: ['fairness-policy'],
  summary: 'Flows of a priority take turns, a request each.',
  parameters: z.strictObject({}),
  create: () => new RoundRobinFairness(),
});

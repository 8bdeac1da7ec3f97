import * as z from 'zod';
import { definePlugin } from '../../scheduling/plugin-definition.js';
import type { FairBand, FairnessPolicy } from '../fairness-policy.js';
import { goesBefore, type FlowQueue } from '../flow-queue.js';
import { IndexedHeap } from '../indexed-heap.js';

/** Whose first request goes before those of all others: as if the band were one flow. */
class StrictBand implements FairBand {
  private readonly flows = new IndexedHeap<FlowQueue>((one, other) =>
    goesBefore(one.head!, other.head!),
  );

  filled(flow: FlowQueue): void {
    this.flows.push(flow);
  }

  headChanged(flow: FlowQueue): void {
    this.flows.moved(flow);
  }

  emptied(flow: FlowQueue): void {
    this.flows.remove(flow);
  }

  next(): FlowQueue {
    return this.flows.first!;
  }
}

export class GlobalStrictFairness implements FairnessPolicy {
  forBand(): FairBand {
    return new StrictBand();
  }
}

export const globalStrictFairnessPolicy = definePlugin({
  type: 'global-strict-fairness-policy',
  kinds: ['fairness-policy'],
  summary: 'Takes no heed of flows: requests of a priority go in one order.',
  parameters: z.strictObject({}),
  create: () => new GlobalStrictFairness(),
});

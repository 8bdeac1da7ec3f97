import * as z from 'zod';
import { definePlugin } from '../../scheduling/plugin-definition.js';
import type { OrderingPolicy } from '../ordering-policy.js';

/** First come, first served. */
export class FcfsOrdering implements OrderingPolicy {
  rank(): number {
    return 0;
  }
}

export const fcfsOrderingPolicy = definePlugin({
  type: 'fcfs-ordering-policy',
  kinds: ['ordering-policy'],
  summary: 'Requests of a flow go as they came.',
  parameters: z.strictObject({}),
  create: () => new FcfsOrdering(),
});

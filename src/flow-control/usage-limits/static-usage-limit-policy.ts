import * as z from 'zod';
import { definePlugin } from '../../scheduling/plugin-definition.js';
import type { UsageLimitPolicy } from '../usage-limit-policy.js';

/** The same ceiling for every priority. */
export class StaticUsageLimit implements UsageLimitPolicy {
  /** @param threshold saturation from which on nobody goes on */
  constructor(private readonly threshold = 1) {}

  limit(_saturation: number, priorities: readonly number[], ceilings: Float64Array): void {
    ceilings.fill(this.threshold, 0, priorities.length);
  }
}

export const staticUsageLimitPolicy = definePlugin({
  type: 'static-usage-limit-policy',
  kinds: ['usage-limit-policy'],
  summary: 'Requests of every priority go on up to one saturation of the pool.',
  parameters: z.strictObject({
    threshold: z
      .number()
      .positive()
      .max(1)
      .default(1)
      .describe('Saturation from which on requests wait.'),
  }),
  create: ({ threshold }) => new StaticUsageLimit(threshold),
});

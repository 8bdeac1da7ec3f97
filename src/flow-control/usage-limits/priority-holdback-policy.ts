import * as z from 'zod';
import { definePlugin } from '../../scheduling/plugin-definition.js';
import type { UsageLimitPolicy } from '../usage-limit-policy.js';

export interface HoldbackOptions {
  /** `rank`: steps of one height; `value`: as far apart as the priorities are. */
  readonly domain: 'rank' | 'value';
  /** For the lowest priority. */
  readonly minCeiling: number;
  /** For the highest. */
  readonly maxCeiling: number;
}

/** The lower the priority, the earlier it is held back. */
export class PriorityHoldback implements UsageLimitPolicy {
  constructor(private readonly options: HoldbackOptions) {}

  limit(_saturation: number, priorities: readonly number[], ceilings: Float64Array): void {
    const { domain, minCeiling, maxCeiling } = this.options;
    const count = priorities.length;
    const highest = priorities[0]!;
    const span = highest - priorities[count - 1]!;
    for (let at = 0; at < count; at++) {
      const down = domain === 'rank' ? at / (count - 1) : (highest - priorities[at]!) / span;
      ceilings[at] = count === 1 ? maxCeiling : maxCeiling - down * (maxCeiling - minCeiling);
    }
  }
}

export const priorityHoldbackPolicy = definePlugin({
  type: 'priority-holdback-policy',
  kinds: ['usage-limit-policy'],
  summary:
    'Keeps room for higher priorities: the lower a priority, the emptier the pool has to be.',
  parameters: z
    .strictObject({
      shape: z.literal('linear').default('linear').describe('How ceilings lie between the two.'),
      domain: z
        .enum(['rank', 'value'])
        .default('rank')
        .describe('By the order of the priorities, or by their numbers.'),
      minCeiling: z.number().min(0).lt(1).describe('Ceiling of the lowest priority.'),
      maxCeiling: z
        .number()
        .positive()
        .max(1)
        .default(1)
        .describe('Ceiling of the highest priority.'),
    })
    .refine(({ minCeiling, maxCeiling }) => minCeiling <= maxCeiling, {
      path: ['minCeiling'],
      message: 'at most maxCeiling',
    }),
  create: (parameters) => new PriorityHoldback(parameters),
});

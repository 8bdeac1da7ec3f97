import * as z from 'zod';
import { definePlugin } from '../../scheduling/plugin-definition.js';
import type { UsageLimitPolicy } from '../usage-limit-policy.js';

/**
 * The fuller the pool, the lower the ceilings of lower priorities: 1 - i·saturation / (N - 1) for the i-th of N. Who is
 * above its ceiling goes on every now and then: once in round(saturation / (1 - saturation)) times.
 */
export class SoftReflectiveCeiling implements UsageLimitPolicy {
  /** One for all priorities: what opens opens for all, so that none waits behind a closed one. */
  private turn = 0;

  limit(saturation: number, priorities: readonly number[], ceilings: Float64Array): void {
    const last = priorities.length - 1;
    const isFull = saturation >= 1;
    const period = isFull ? Infinity : Math.max(1, Math.round(saturation / (1 - saturation)));
    let isOpenNow: boolean | undefined;
    ceilings[0] = 1;
    for (let at = 1; at <= last; at++) {
      const isBelow = saturation < 1 - (at * saturation) / last;
      if (!isBelow) isOpenNow ??= !isFull && this.turn++ % period === 0;
      ceilings[at] = isBelow || isOpenNow ? 1 : 0;
    }
  }
}

export const softReflectiveCeilingPolicy = definePlugin({
  type: 'soft-reflective-ceiling-policy',
  kinds: ['usage-limit-policy'],
  summary: 'Slows lower priorities down as the pool fills, and stops them when it is full.',
  parameters: z.strictObject({}),
  create: () => new SoftReflectiveCeiling(),
});

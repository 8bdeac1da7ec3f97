import { describe, expect, it } from '@jest/globals';
import type { UsageLimitPolicy } from '../usage-limit-policy.js';
import { PriorityHoldback, priorityHoldbackPolicy } from './priority-holdback-policy.js';
import { SoftReflectiveCeiling } from './soft-reflective-ceiling-policy.js';
import { StaticUsageLimit, staticUsageLimitPolicy } from './static-usage-limit-policy.js';

function ceilings(policy: UsageLimitPolicy, saturation: number, priorities: number[]): number[] {
  const filled = new Float64Array(priorities.length).fill(NaN);
  policy.limit(saturation, priorities, filled);
  return [...filled].map((ceiling) => Math.round(ceiling * 1e9) / 1e9);
}

describe(StaticUsageLimit.name, () => {
  it('has one ceiling for all', () => {
    expect(ceilings(new StaticUsageLimit(), 0.3, [5, 0, -1])).toEqual([1, 1, 1]);
    expect(ceilings(new StaticUsageLimit(0.8), 9, [5])).toEqual([0.8]);
  });

  it.each([{ threshold: 0 }, { threshold: 1.2 }, { limit: 1 }])('refuses %j', (given) => {
    expect(staticUsageLimitPolicy.parameters.safeParse(given).success).toBe(false);
  });
});

describe(PriorityHoldback.name, () => {
  it.each([
    ['rank', [100, 0, -10], [0.9, 0.65, 0.4]],
    ['rank', [7, -7], [0.9, 0.4]],
    ['rank', [0], [0.9]],
    ['value', [100, 75, 0], [0.9, 0.775, 0.4]],
    ['value', [1, 0, -1, -3], [0.9, 0.775, 0.65, 0.4]],
    ['value', [-5], [0.9]],
  ] as const)('by %s holds back %j from %j on', (domain, priorities, expected) => {
    const policy = new PriorityHoldback({ domain, minCeiling: 0.4, maxCeiling: 0.9 });
    expect(ceilings(policy, 0.5, [...priorities])).toEqual(expected);
  });

  it.each([
    {},
    { minCeiling: 1 },
    { minCeiling: -0.1 },
    { minCeiling: 0.5, maxCeiling: 0.4 },
    { minCeiling: 0.5, maxCeiling: 1.1 },
    { minCeiling: 0.5, shape: 'cubic' },
    { minCeiling: 0.5, domain: 'name' },
  ])('refuses %j', (given) => {
    expect(priorityHoldbackPolicy.parameters.safeParse(given).success).toBe(false);
  });
});

describe(SoftReflectiveCeiling.name, () => {
  it('leaves all open while the pool is empty enough', () => {
    expect(ceilings(new SoftReflectiveCeiling(), 0.3, [2, 1, 0])).toEqual([1, 1, 1]);
    expect(ceilings(new SoftReflectiveCeiling(), 0.49, [1, 0])).toEqual([1, 1]);
  });

  it('closes all but the highest in a full pool', () => {
    expect(ceilings(new SoftReflectiveCeiling(), 1, [2, 1, 0])).toEqual([1, 0, 0]);
    expect(ceilings(new SoftReflectiveCeiling(), 3, [2])).toEqual([1]);
  });

  it.each([
    [0.66, 2],
    [0.75, 3],
    [0.9, 9],
  ])(
    'opens at a saturation of %d once in %d times for who is above its ceiling',
    (saturation, period) => {
      const policy = new SoftReflectiveCeiling();
      const open = Array.from(
        { length: 4 * period },
        () => ceilings(policy, saturation, [1, 0])[1],
      );
      expect(open).toEqual(open.map((_, at) => (at % period === 0 ? 1 : 0)));
    },
  );

  it('opens for all at the same time', () => {
    const policy = new SoftReflectiveCeiling();
    const open = Array.from({ length: 8 }, () => ceilings(policy, 0.75, [3, 2, 1, 0]));
    for (const [, , third, fourth] of open) expect(third).toBe(fourth);
  });
});

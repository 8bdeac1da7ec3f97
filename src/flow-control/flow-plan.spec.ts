import { describe, expect, it } from '@jest/globals';
import { EdfOrdering } from './ordering/edf-ordering-policy.js';
import { FcfsOrdering } from './ordering/fcfs-ordering-policy.js';
import { flowPlan } from './flow-plan.js';
import { GlobalStrictFairness } from './fairness/global-strict-fairness-policy.js';
import { RoundRobinFairness } from './fairness/round-robin-fairness-policy.js';
import { StaticUsageLimit } from './usage-limits/static-usage-limit-policy.js';

const plugins = new Map<string, object>([
  ['turns', new RoundRobinFairness()],
  ['edf', new EdfOrdering()],
  ['limit', new StaticUsageLimit(0.5)],
]);
const plugin = (name: string) => plugins.get(name);

describe(flowPlan.name, () => {
  it('has the defaults of llm-d', () => {
    const { bands, ...rest } = flowPlan(undefined, plugin);
    expect(rest).toMatchObject({ maxRequests: Infinity, maxBytes: Infinity });
    expect(rest.noEndpointTtl).toBeUndefined();
    expect(bands.byPriority.size).toBe(0);
    expect(bands.others).toMatchObject({ maxRequests: 5000, maxBytes: 1e9, ttl: 60_000 });
    expect(bands.others.fairness).toBeInstanceOf(GlobalStrictFairness);
    expect(bands.others.ordering).toBeInstanceOf(FcfsOrdering);
    expect(bands.negative).toBe(bands.others);
  });

  it('takes what is configured, and 0 for no limit', () => {
    const plan = flowPlan(
      {
        ...{ maxRequests: 0, maxBytes: 7, defaultRequestTTL: 0, noEndpointRequestTTL: 5 },
        defaultNegativePriorityBand: { maxRequests: 3, defaultRequestTTL: 9 },
        priorityBands: [
          { priority: 4, maxBytes: 8, fairnessPolicyRef: 'turns', orderingPolicyRef: 'edf' },
        ],
        usageLimitPolicyPluginRef: 'limit',
      },
      plugin,
    );
    expect(plan).toMatchObject({ maxRequests: Infinity, maxBytes: 7, noEndpointTtl: 5 });
    expect(plan.usageLimit).toBe(plugin('limit'));
    expect(plan.bands.negative).toMatchObject({ maxRequests: 3, ttl: 9 });
    const band = plan.bands.byPriority.get(4)!;
    expect(band).toMatchObject({ maxRequests: 5000, maxBytes: 8, ttl: Infinity });
    expect(band.fairness).toBe(plugin('turns'));
    expect(band.ordering).toBe(plugin('edf'));
  });

  it('takes a plugin with the name of the default one where none is named', () => {
    const own = new StaticUsageLimit(0.7);
    const find = (name: string) => (name === 'static-usage-limit-policy' ? own : undefined);
    expect(flowPlan({}, find).usageLimit).toBe(own);
  });

  it.each([
    [
      { priorityBands: [{ priority: 1, fairnessPolicyRef: 'none' }] },
      /priorityBands\[0\]\.fairnessPolicyRef.*"none"/,
    ],
    [
      { defaultPriorityBand: { orderingPolicyRef: 'turns' } },
      /orderingPolicyRef.*"turns" is no ordering policy/,
    ],
    [
      { usageLimitPolicyPluginRef: 'edf' },
      /usageLimitPolicyPluginRef.*"edf" is no usage limit policy/,
    ],
  ])('refuses %j', (section, words) => {
    expect(() => flowPlan(section, plugin)).toThrow(words);
  });
});

import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { memberAt } from '../config/explain-issue.js';
import { flowControlSection } from './flow-control-config.js';

/** @returns the place and the words of the first thing that is wrong */
function mistakeIn(yaml: string): string {
  const { error } = flowControlSection.safeParse(parse(yaml));
  const issue = error?.issues[0];
  return issue ? `${memberAt(issue.path)}: ${issue.message}` : 'none';
}

describe('flowControlSection', () => {
  it('takes a section of llm-d as it is', () => {
    const yaml = `
maxBytes: 10Gi
maxRequests: "20k"
defaultRequestTTL: 30s
noEndpointRequestTTL: 10m
defaultPriorityBand: { maxRequests: 500, maxBytes: 1G }
defaultNegativePriorityBand: { maxRequests: "50", orderingPolicyRef: edf }
priorityBands:
  - { priority: 100, fairnessPolicyRef: round-robin-fairness-policy, defaultRequestTTL: 5s }
  - priority: -1
usageLimitPolicyPluginRef: holdback
saturationDetector: { pluginRef: concurrency-detector }
enableEviction: true
`;
    expect(flowControlSection.parse(parse(yaml))).toEqual({
      maxBytes: 10 * 2 ** 30,
      maxRequests: 20_000,
      defaultRequestTTL: 30_000,
      noEndpointRequestTTL: 600_000,
      defaultPriorityBand: { maxRequests: 500, maxBytes: 1e9 },
      defaultNegativePriorityBand: { maxRequests: 50, orderingPolicyRef: 'edf' },
      priorityBands: [
        {
          priority: 100,
          fairnessPolicyRef: 'round-robin-fairness-policy',
          defaultRequestTTL: 5000,
        },
        { priority: -1 },
      ],
      usageLimitPolicyPluginRef: 'holdback',
      saturationDetector: { pluginRef: 'concurrency-detector' },
      enableEviction: true,
    });
  });

  it.each([
    ['{ maxByte: 1 }', /maxByte/],
    ['{ priorityBands: [{ priority: 1, maxRequest: 2 }] }', /priorityBands\[0\].*maxRequest/],
    ['{ priorityBands: [{ maxRequests: 2 }] }', /priorityBands\[0\]\.priority/],
    ['{ priorityBands: [{ priority: 1.5 }] }', /priorityBands\[0\]\.priority/],
    [
      '{ priorityBands: [{ priority: 1 }, { priority: 1 }] }',
      /priorityBands\[1\]\.priority: .*no other/,
    ],
    ['{ maxBytes: -1 }', /maxBytes: a quantity such as/],
    ['{ maxRequests: 5 apples }', /maxRequests: a quantity such as/],
    ['{ defaultRequestTTL: 5 }', /defaultRequestTTL/],
    ['{ enableEviction: yes please }', /enableEviction/],
  ])('refuses %s', (yaml, words) => {
    expect(mistakeIn(yaml)).toMatch(words);
  });
});

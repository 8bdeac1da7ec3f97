import { describe, expect, it } from '@jest/globals';
import { ChoiceMetrics } from './choice.metrics.js';

describe(ChoiceMetrics.name, () => {
  it.each([
    ['kv_aware', 'prefix', [1, 0]],
    ['kv_aware', 'prefix, longest is overloaded', [1, 0]],
    ['kv_aware', 'prefix of its text', [1, 0]],
    ['kv_aware', 'session', [1, 0]],
    ['kv_aware', 'session, nothing is held', [0, 1]],
    ['kv_aware', 'least load', [0, 1]],
    ['cache_aware', 'least load, prefix is overloaded', [0, 1]],
    ['sticky_least_loaded', 'session', [0, 0]],
  ])('counts hits and misses: %s, %s', (policy, reason, expected) => {
    const sut = new ChoiceMetrics({ counter: () => undefined } as never);
    sut.decided(policy, 'http://worker-a:8000', reason);
    expect([sut.hits, sut.misses]).toEqual(expected);
  });
});

import { describe, expect, it } from '@jest/globals';
import { RetryPolicy } from './retry-policy.js';

const CONFIG = {
  retryMaxRetries: 5,
  retryInitialBackoffMs: 50,
  retryMaxBackoffMs: 100,
  retryBackoffMultiplier: 1.5,
  retryJitterFactor: 0.2,
  disableRetries: false,
  retryBudgetPercent: 20,
  retryBudgetMinPerSec: 10,
  requestTimeoutSecs: 0,
};
const policy = (random: number, changes = {}): RetryPolicy =>
  new RetryPolicy({ config: { ...CONFIG, ...changes } }, () => random);

describe(RetryPolicy.name, () => {
  it('waits longer each time, up to a limit', () => {
    const pauses = [1, 2, 3, 4].map((attempt) => policy(0.5).pause(attempt));
    expect(pauses).toEqual([50, 75, 100, 100]);
  });

  it('jitters by a share', () => {
    expect(policy(0).pause(1)).toBeCloseTo(40);
    expect(policy(1).pause(1)).toBeCloseTo(60);
  });

  it('heeds what a worker asks for, up to the limit', () => {
    expect(policy(0.5).pause(1, 80)).toBe(80);
    expect(policy(0.5).pause(1, 10_000)).toBe(100);
  });

  it('counts attempts, and makes one where retries are off', () => {
    expect(policy(0).attempts).toBe(5);
    expect(policy(0, { disableRetries: true }).attempts).toBe(1);
  });

  it('tells what may be tried again, and what is the worker’s fault', () => {
    const { retries, isFault } = policy(0);
    const statuses = [200, 400, 401, 404, 408, 422, 429, 500, 501, 502, 503, 504];
    expect(statuses.filter(retries)).toEqual([408, 429, 500, 502, 503, 504]);
    expect(statuses.filter(isFault)).toEqual([500, 502, 503, 504]);
  });
});

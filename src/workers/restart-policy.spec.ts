import { describe, expect, it } from '@jest/globals';
import { RestartPolicy } from './restart-policy.js';

const crash = { wasReady: true, livedMs: 500 };
const stable = { wasReady: true, livedMs: 60_000 };
const failedStart = { wasReady: false, livedMs: 50 };

describe(RestartPolicy.name, () => {
  it('replaces one that lived long at once', () => {
    expect(new RestartPolicy().next(stable)).toBe(0);
  });

  it('waits twice as long after each short life, up to ten seconds', () => {
    const policy = new RestartPolicy();
    const delays = Array.from({ length: 9 }, () => policy.next(crash));
    expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
    expect(policy.next(stable)).toBe(0);
    expect(policy.next(crash)).toBe(100);
  });

  it('gives up after five in a row that never served', () => {
    const policy = new RestartPolicy();
    for (let i = 0; i < 4; i++) expect(policy.next(failedStart)).toBeGreaterThan(0);
    expect(policy.next(failedStart)).toBeUndefined();
  });

  it('does not give up when one of them served in between', () => {
    const policy = new RestartPolicy();
    for (let i = 0; i < 20; i++) {
      if (i % 4 === 0) policy.ready();
      expect(policy.next(failedStart)).toBeDefined();
    }
  });
});

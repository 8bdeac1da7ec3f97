import { describe, expect, it } from '@jest/globals';
import { MinuteQuota } from './minute-quota.js';

const MINUTE = 60_000;

describe('a quota a minute', () => {
  it('lets as many through as its limit says, then none until the window has slid', () => {
    const quota = new MinuteQuota();
    const start = 7 * MINUTE;
    for (let i = 0; i < 10; i++) {
      expect(quota.wait(10, start)).toBe(0);
      quota.use(1, start);
    }
    const wait = quota.wait(10, start);
    expect(wait).toBe(MINUTE);
    expect(quota.wait(10, start + wait - 1)).toBeGreaterThan(0);
    expect(quota.wait(10, start + wait + 1)).toBe(0);
  });

  it('counts what was used before by the share of it that is still in the window', () => {
    const quota = new MinuteQuota();
    quota.use(10, 0);
    expect(quota.wait(10, MINUTE)).toBeGreaterThan(0);
    expect(quota.wait(10, MINUTE * 1.5)).toBe(0);
    quota.use(5, MINUTE * 1.5);
    expect(quota.wait(10, MINUTE * 1.5)).toBeGreaterThan(0);
    expect(quota.wait(10, MINUTE * 9)).toBe(0);
  });

  it('says how long to wait: after it there is room, before it there is none', () => {
    let seed = 3;
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    for (let round = 0; round < 300; round++) {
      const quota = new MinuteQuota();
      let now = Math.floor(random() * 10 * MINUTE);
      for (let i = 0; i < 20; i++) {
        quota.use(Math.ceil(random() * 8), now);
        now += Math.floor(random() * 20_000);
        const wait = quota.wait(12, now);
        if (wait === 0) continue;
        expect(wait).toBeLessThanOrEqual(2 * MINUTE);
        const later = Object.assign(new MinuteQuota(), quota);
        expect(later.wait(12, now + Math.ceil(wait) + 1)).toBe(0);
        const sooner = Object.assign(new MinuteQuota(), quota);
        if (wait > 10) expect(sooner.wait(12, now + Math.floor(wait) - 5)).toBeGreaterThan(0);
      }
    }
  });
});

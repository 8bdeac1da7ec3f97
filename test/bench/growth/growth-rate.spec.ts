import { describe, expect, it } from '@jest/globals';
import { growthRate, isTooFast } from './growth-rate.js';

const SIZES = [1, 10, 100, 1000, 10_000];
const curve = (total: (size: number) => number) =>
  growthRate(SIZES.map((size) => ({ size, total: total(size) })));

describe(growthRate.name, () => {
  it('finds the exponent of a power law', () => {
    expect(curve((n) => 7 * n).overall).toBeCloseTo(1);
    expect(curve((n) => 0.2 * n ** 2).atTheEnd).toBeCloseTo(2);
    expect(curve(() => 5).overall).toBeCloseTo(0);
  });

  it('shows growth that fixed costs hide at small sizes', () => {
    const rate = curve((n) => 1e6 + n ** 2);
    expect(rate.overall).toBeLessThan(0.6);
    expect(rate.atTheEnd).toBeGreaterThan(0.9);
    expect(isTooFast(curve((n) => 1e4 + n ** 2))).toBe(true);
  });

  it('takes sizes in any order and leaves out what has no cost', () => {
    const points = [100, 1, 10, 1000].map((size) => ({ size, total: size }));
    expect(growthRate([...points, { size: 5, total: -1 }, { size: 7, total: NaN }])).toEqual({
      overall: expect.closeTo(1),
      atTheEnd: expect.closeTo(1),
    });
  });

  it('says nothing of two points', () => {
    const rate = growthRate([
      { size: 1, total: 1 },
      { size: 2, total: 99 },
    ]);
    expect(rate.overall).toBeNaN();
    expect(isTooFast(rate)).toBe(false);
  });
});

describe(isTooFast.name, () => {
  it.each([
    [1, 1, false],
    [1.15, 1.15, false],
    [0.9, 1.2, true],
    [1.2, 1, true],
  ])('%d overall and %d at the end: %s', (overall, atTheEnd, expected) => {
    expect(isTooFast({ overall, atTheEnd })).toBe(expected);
  });

  it('forgives what grows as fast for the floor', () => {
    const rate = { overall: 1.2, atTheEnd: 1.1 };
    expect(isTooFast(rate, { overall: 1.25, atTheEnd: 1 })).toBe(false);
    expect(isTooFast(rate, { overall: 1.05, atTheEnd: 1.3 })).toBe(true);
    expect(isTooFast(rate, { overall: NaN, atTheEnd: NaN })).toBe(true);
  });
});

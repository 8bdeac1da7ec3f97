import { describe, expect, it } from '@jest/globals';
import { logTicks } from './ticks.js';

describe(logTicks.name, () => {
  it('has 1, 2 and 5 over few decades', () => {
    expect(logTicks(0.4, 12)).toEqual([0.5, 1, 2, 5, 10]);
  });

  it('has powers of ten over many', () => {
    expect(logTicks(3, 200_000)).toEqual([10, 100, 1000, 10_000, 100_000]);
  });
});

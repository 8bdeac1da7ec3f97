import { describe, expect, it } from '@jest/globals';
import { nextInterval } from './cpu-share.js';

const LIMITS = { interval: 50, longestInterval: 500 };

describe(nextInterval.name, () => {
  it.each([
    ['grows where polls take the whole of a processor', 50, 1, 100],
    ['stays where they take their share', 80, 0.5, 80],
    ['shrinks by small steps where they take less', 100, 0.1, 80],
    ['does not shrink below what is wanted', 50, 0.01, 50],
    ['does not grow beyond what readings may be old', 400, 1, 500],
  ])('%s', (_, interval, share, expected) => {
    expect(nextInterval(interval, share, LIMITS)).toBe(expected);
  });
});

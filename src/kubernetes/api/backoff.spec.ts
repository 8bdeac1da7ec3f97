import { describe, expect, it } from '@jest/globals';
import { backoff } from './backoff.js';

const BOUNDS = { backoffMinMs: 250, backoffMaxMs: 10_000 };

describe(backoff.name, () => {
  it.each([
    [1, 250, 500],
    [2, 250, 1000],
    [5, 250, 8000],
    [6, 250, 10_000],
    [1000, 250, 10_000],
  ])('after %i failures lies between %i and %i ms', (failures, least, most) => {
    expect(backoff(failures, BOUNDS, () => 0)).toBe(least);
    expect(backoff(failures, BOUNDS, () => 1)).toBe(most);
  });
});

import { describe, expect, it } from '@jest/globals';
import { ApiError } from '../http/api-error.js';
import { dpRankOf } from './dp-rank.js';

const TWO_PODS = { dataParallelSize: 16, dataParallelSizeLocal: 8 };
const ONE = { dataParallelSize: 1, dataParallelSizeLocal: 0 };

describe(dpRankOf.name, () => {
  it('takes the rank of the field', () => {
    expect([dpRankOf('7', TWO_PODS), dpRankOf(' 0 ', ONE)]).toEqual([7, 0]);
  });

  it('takes any rank of this pod where none is asked for', () => {
    const ranks = Array.from({ length: 300 }, () => dpRankOf(undefined, TWO_PODS));
    expect(Math.max(...ranks)).toBe(7);
    expect(dpRankOf('x', ONE)).toBe(0);
  });

  it.each([
    ['8', TWO_PODS],
    ['1', ONE],
    ['-1', TWO_PODS],
  ])('refuses %s of %j', (field, config) => {
    expect(() => dpRankOf(field, config)).toThrow(ApiError);
  });
});

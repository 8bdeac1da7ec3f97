import { describe, expect, it } from '@jest/globals';
import { randomOf } from '../../../test/support/random-pods.js';
import { LengthBuckets } from './length-buckets.js';

const fitted = (lengths: readonly number[]): LengthBuckets => {
  const buckets = new LengthBuckets();
  buckets.fit(Float64Array.from(lengths).sort());
  return buckets;
};

describe(LengthBuckets.name, () => {
  it('cuts evenly up to 4,096 as long as nothing is known', () => {
    const sut = new LengthBuckets();
    expect([0, 1000, 1025, 2500, 4000, 1e6].map((length) => sut.of(length, 4)[0])).toEqual([
      0, 0, 1, 2, 3, 3,
    ]);
    expect(sut.of(1024, 4)).toEqual([0, 1]);
    expect(sut.of(9, 1)).toEqual([0, 0]);
  });

  it('gives each range as many characters', () => {
    const random = randomOf(5);
    const lengths = Array.from({ length: 4000 }, () => Math.floor(random() ** 3 * 20_000));
    const sut = fitted(lengths);
    for (const count of [2, 3, 7]) {
      const work = new Array<number>(count).fill(0);
      for (const length of lengths) work[sut.of(length, count)[0]]! += length;
      expect(Math.max(...work) / Math.min(...work)).toBeLessThan(1.1);
    }
  });

  it('lets all ranges share a length that is all there is', () => {
    const sut = fitted([500, 500, 500]);
    expect(sut.of(500, 4)).toEqual([0, 3]);
    expect(sut.of(499, 4)).toEqual([0, 0]);
    expect(sut.of(501, 4)).toEqual([3, 3]);
  });

  it('has a range for every length, and longer ones never before shorter ones', () => {
    const random = randomOf(6);
    for (let round = 0; round < 50; round++) {
      const sut = fitted(
        Array.from({ length: 1 + Math.floor(random() * 30) }, () => Math.floor(random() * 50)),
      );
      const count = 1 + Math.floor(random() * 12);
      let last = 0;
      for (let length = 0; length < 60; length++) {
        const [from, to] = sut.of(length, count);
        expect(from >= last && from <= to && to < count).toBe(true);
        last = from;
      }
    }
  });
});

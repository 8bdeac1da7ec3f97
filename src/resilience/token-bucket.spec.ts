import { describe, expect, it } from '@jest/globals';
import { TokenBucket } from './token-bucket.js';

describe(TokenBucket.name, () => {
  const at = { now: 0 };
  const bucket = (rate: number): TokenBucket => {
    at.now = 0;
    return new TokenBucket(rate, () => at.now);
  };
  const take = (from: TokenBucket, times: number): number[] =>
    Array.from({ length: times }, () => from.take());

  it('lets a burst of one second pass, then says how long to wait', () => {
    const tokens = bucket(4);
    expect(take(tokens, 5)).toEqual([0, 0, 0, 0, 250]);
  });

  it('fills up at its rate, and no further than a second', () => {
    const tokens = bucket(4);
    take(tokens, 4);
    at.now = 500;
    expect(take(tokens, 3)).toEqual([0, 0, 250]);
    at.now = 60_000;
    expect(take(tokens, 5)).toEqual([0, 0, 0, 0, 250]);
  });

  it('is fair to rates below one', () => {
    const tokens = bucket(0.5);
    expect(take(tokens, 2)).toEqual([0, 2000]);
    at.now = 2000;
    expect(tokens.take()).toBe(0);
  });
});

import { describe, expect, it } from '@jest/globals';
import { isPooled, releaseFrame, takeFrame } from './frame-pool.js';

describe(takeFrame.name, () => {
  it('gives room of exactly the size that is asked for', () => {
    for (const size of [0, 1, 20_000, 65_536, 65_600, 65_601, 200_000]) {
      expect(takeFrame(size)).toHaveLength(size);
    }
  });

  it('gives a large frame again once it was released, and never before', () => {
    const first = takeFrame(30_000);
    const second = takeFrame(30_000);
    expect(second.buffer).not.toBe(first.buffer);
    releaseFrame(first);
    expect(takeFrame(60_000).buffer).toBe(first.buffer);
    expect(takeFrame(60_000).buffer).not.toBe(first.buffer);
  });

  it("keeps its hands off small pieces, which share Node's pool", () => {
    const small = takeFrame(1000);
    releaseFrame(small);
    expect(isPooled(small.length)).toBe(false);
    expect(takeFrame(30_000).buffer).not.toBe(small.buffer);
  });

  it('keeps no more than a few', () => {
    const frames = Array.from({ length: 100 }, () => takeFrame(30_000));
    for (const frame of frames) releaseFrame(frame);
    const again = Array.from({ length: 100 }, () => takeFrame(30_000).buffer);
    expect(again.filter((one) => frames.some((frame) => frame.buffer === one))).toHaveLength(16);
  });
});

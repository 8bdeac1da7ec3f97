import { describe, expect, it } from '@jest/globals';
import { chunksOf, unitsOf } from './text-chunks.js';
import { MAX_UNITS } from './text-words.js';

const cut = (text: string, limit?: number): number[] => {
  const { hashes, count } = chunksOf(text, limit);
  return [...hashes.subarray(0, count)];
};

describe(chunksOf.name, () => {
  it.each([
    ['', 0],
    ['a', 1],
    ['abc', 1],
    ['abcd', 1],
    ['abcdefg', 1],
    ['abcdefgh', 2],
    ['x'.repeat(64), 16],
    ['x'.repeat(79), 16],
    ['x'.repeat(80), 17],
    ['x'.repeat(1000), 16 + 58],
  ])('cuts %j', (text, count) => {
    expect(cut(text)).toHaveLength(count);
    expect(unitsOf(count)).toBeLessThanOrEqual(Math.max(text.length, 4));
  });

  it('cuts texts alike as far as they are alike', () => {
    const beginning = 'The quick brown fox jumps over the lazy dog. '.repeat(40);
    for (const known of [3, 4, 17, 64, 65, 80, 500, 1792]) {
      const one = cut(`${beginning.slice(0, known)}${'#'.repeat(400)}`);
      const other = cut(`${beginning.slice(0, known)}${'*'.repeat(400)}`);
      const common = one.findIndex((hash, i) => hash !== other[i]);
      expect(unitsOf(common)).toBeLessThanOrEqual(known);
      expect(unitsOf(common + 1)).toBeGreaterThan(known);
    }
  });

  it('tells texts of less than a chunk apart', () => {
    const texts = ['a', 'b', 'ab', 'a\0', 'abc', 'ab\0', 'é', '漢', '😀', '\uD83D'];
    expect(new Set(texts.map((text) => cut(text)[0])).size).toBe(texts.length);
  });

  it('tells upper bytes apart', () => {
    expect(cut('漢字漢字')).not.toEqual(cut('漢字漢学'));
    expect(cut('aaaa')).not.toEqual(cut('\u0161aaa'));
  });

  it('leaves out what is behind the limit', () => {
    const text = 'y'.repeat(5000);
    expect(cut(text, 1000)).toEqual(cut(text.slice(0, 1000)));
    expect(cut(text, 2)).toEqual(cut('yy'));
  });

  it('cuts texts of any length, the part that counts', () => {
    const { count } = chunksOf('z'.repeat(MAX_UNITS + 100_000));
    expect(unitsOf(count)).toBe(MAX_UNITS);
  });
});

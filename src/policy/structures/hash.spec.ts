import { describe, expect, it } from '@jest/globals';
import { hashText, mix, scramble } from './hash.js';
import { MAX_UNITS } from './text-words.js';

/** Of as many hashes as buckets² the fullest bucket, beside the mean. */
function worstBucket(hashes: Iterable<number>, buckets: number): number {
  const counts = new Array<number>(buckets).fill(0);
  let all = 0;
  for (const hash of hashes) {
    counts[hash % buckets]!++;
    all++;
  }
  return Math.max(...counts) / (all / buckets);
}

describe(hashText.name, () => {
  it('is a whole number below 2^53, the same for the same text', () => {
    for (const text of [
      '',
      'a',
      'ab',
      'abc',
      '__proto__',
      'é',
      '漢字',
      '😀',
      '\uD800',
      'x'.repeat(9999),
    ]) {
      const hash = hashText(text);
      expect(Number.isSafeInteger(hash) && hash >= 0).toBe(true);
      expect(hashText(`${text.slice(0, 1)}${text.slice(1)}`)).toBe(hash);
    }
  });

  it('does not depend on the texts before', () => {
    const hash = hashText('abc');
    hashText('some longer text whose words stay in memory');
    expect(hashText('abc')).toBe(hash);
  });

  it('differs for texts that differ a little', () => {
    const texts = [
      '',
      '\0',
      '\0\0',
      'a',
      'a\0',
      'aa',
      'b',
      'A',
      '\u0161',
      'a ',
      ' a',
      '\uD83D\uDE00',
      '\uDE00\uD83D',
    ];
    expect(new Set(texts.map(hashText)).size).toBe(texts.length);
    const numbered = Array.from({ length: 30_000 }, (_, i) => hashText(`user-${i}`));
    expect(new Set(numbered).size).toBe(numbered.length);
  });

  it('spreads names that count up over its lower and its upper bits', () => {
    const hashes = Array.from({ length: 32_768 }, (_, i) => hashText(`session-${i}`));
    expect(worstBucket(hashes, 256)).toBeLessThan(1.5);
    expect(
      worstBucket(
        hashes.map((hash) => Math.floor(hash / 2 ** 32)),
        256,
      ),
    ).toBeLessThan(1.5);
  });

  it('looks at the beginning and at the length of a text beyond all measure', () => {
    const long = 'x'.repeat(MAX_UNITS);
    expect(hashText(`${long}a`)).toBe(hashText(`${long}b`));
    expect(hashText(`${long}a`)).not.toBe(hashText(`${long}ab`));
  });
});

describe(mix.name, () => {
  it('makes many numbers of one hash', () => {
    const hash = hashText('http://e0:8000');
    const points = Array.from({ length: 32_768 }, (_, i) => mix(hash, i));
    expect(points.every((point) => Number.isInteger(point) && point >= 0 && point < 2 ** 32)).toBe(
      true,
    );
    expect(worstBucket(points, 256)).toBeLessThan(1.5);
  });
});

describe(scramble.name, () => {
  it('is a whole number from 0 to 2^32 - 1, another one for another number', () => {
    const seen = new Set(Array.from({ length: 10_000 }, (_, i) => scramble(i - 5000)));
    expect(seen.size).toBe(10_000);
    expect([...seen].every((value) => value >= 0 && value < 2 ** 32)).toBe(true);
  });
});

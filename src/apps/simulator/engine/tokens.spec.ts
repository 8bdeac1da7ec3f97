import { describe, expect, it } from '@jest/globals';
import { decode, encode, fromTokenIds, wordsOfText } from './tokens.js';

describe(encode.name, () => {
  it.each(['', 'a', 'four', 'a text of some words', 'ünïcödé €', '日本語のテキスト', '\0\u0001'])(
    'is undone by decode: %j',
    (text) => {
      const ids = encode(text);
      expect(ids).toHaveLength(Math.ceil(Buffer.byteLength(text) / 4));
      expect(decode(ids)).toBe(text);
    },
  );

  it('gives texts of different lengths different ids', () => {
    expect(new Set(['a', 'a\0', 'a\0\0', 'a\0\0\0'].map((text) => encode(text)[0])).size).toBe(4);
  });
});

describe(wordsOfText.name, () => {
  it('reads a text as the ids of its tokens are read', () => {
    for (const text of ['four', 'a text of some words', 'some €uros', 'abc']) {
      expect(wordsOfText(text)).toEqual(fromTokenIds(encode(text)));
    }
  });
});

describe(fromTokenIds.name, () => {
  it.each([-1, 5_000_000_000, Number.NaN])('refuses %d', (id) => {
    expect(() => fromTokenIds([id])).toThrow(RangeError);
  });
});

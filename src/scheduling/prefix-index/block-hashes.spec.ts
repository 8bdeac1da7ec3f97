import { describe, expect, it } from '@jest/globals';
import { blockHashes, rootOf } from './block-hashes.js';

const words = Int32Array.from({ length: 100 }, (_, i) => i * 7);
const ROOT = rootOf('m', '', 16);

/** @returns the hashes as texts, one a block */
function hashes(of: Int32Array, count: number, blockSize = 16, root = ROOT): string[] {
  const pairs = blockHashes(of, count, blockSize, root);
  return Array.from({ length: pairs.length / 2 }, (_, i) => `${pairs[2 * i]},${pairs[2 * i + 1]}`);
}

describe(blockHashes.name, () => {
  it('cuts a prompt into blocks, the rest too', () => {
    expect([0, 1, 15, 16, 17, 32, 100].map((count) => hashes(words, count).length)).toEqual([
      0, 1, 1, 1, 2, 2, 7,
    ]);
  });

  it('gives the beginnings of prompts the same hashes', () => {
    const whole = hashes(words, 100);
    expect(hashes(words, 80)).toEqual(whole.slice(0, 5));
    expect(hashes(words, 81).slice(0, 5)).toEqual(whole.slice(0, 5));
    expect(hashes(words, 81)[5]).not.toBe(whole[5]);
  });

  it('gives all blocks after a difference others, wherever it is', () => {
    const whole = hashes(words, 96);
    for (let at = 0; at < 96; at++) {
      const other = words.slice();
      other[at]! ^= 1 << (at % 32);
      const changed = hashes(other, 96);
      const block = Math.floor(at / 16);
      expect(changed.slice(0, block)).toEqual(whole.slice(0, block));
      for (let i = block; i < 6; i++) expect(changed[i]).not.toBe(whole[i]);
    }
  });

  it('tells a rest from a block that goes on with zeros', () => {
    const zeros = new Int32Array(16);
    const all = Array.from({ length: 16 }, (_, i) => hashes(zeros, i + 1)[0]);
    expect(new Set(all).size).toBe(16);
  });

  it('keeps models, salts and sizes of blocks apart', () => {
    const roots = [
      rootOf('m', '', 16),
      rootOf('n', '', 16),
      rootOf('m', 's', 16),
      rootOf('ms', '', 16),
      rootOf('', 'ms', 16),
      rootOf('m', '', 64),
    ];
    expect(new Set(roots.map((root) => hashes(words, 16, 16, root)[0])).size).toBe(roots.length);
  });

  it('spreads: of a hundred thousand blocks no two are alike, in either half', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 100_000; i++) seen.add(hashes(Int32Array.of(i & 255, i >> 8), 2)[0]!);
    expect(seen.size).toBe(100_000);
  });
});

import { MAX_UNITS, wordsOf } from './text-words.js';

const { imul } = Math;

/** 2^32 divided by the golden ratio: its multiples are spread evenly. */
const GOLDEN = 0x9e3779b1;

/**
 * The same in every process, so that several routers agree. Spreads well; whoever wants two texts of one hash finds
 * them.
 *
 * @returns a whole number below 2^53; of a text longer than {@link MAX_UNITS} its beginning and its length count
 */
export function hashText(text: string): number {
  const units = Math.min(text.length, MAX_UNITS);
  const words = wordsOf(text, units);
  const count = (units + 1) >> 1;
  let low = text.length;
  let high = 0x41c6ce57;
  for (let i = 0; i < count; i++) {
    const word = words[i]!;
    low = imul(low ^ word, GOLDEN);
    low ^= low >>> 15;
    high = imul(high ^ word, 0x5f356495);
    high ^= high >>> 13;
  }
  return (scramble(high ^ low) & 0x1f_ffff) * 2 ** 32 + scramble(low + imul(high, 31));
}

/**
 * @param hash of a text; @param salt what it is told apart by
 * @returns a number from 0 to 2^32 - 1, unlike that for any other salt
 */
export function mix(hash: number, salt: number): number {
  return scramble((hash >>> 0) ^ scramble(imul(salt + 1, GOLDEN) ^ (hash / 2 ** 32)));
}

/** A bijection of 32 bits after which each bit depends on all: the end of MurmurHash3, by Austin Appleby. */
export function scramble(value: number): number {
  let bits = value ^ (value >>> 16);
  bits = imul(bits, 0x85ebca6b);
  bits ^= bits >>> 13;
  bits = imul(bits, 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

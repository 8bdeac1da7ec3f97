import { scrambled } from '../../kv-events/block-chain.js';

const { imul } = Math;

/** What the first block of a prompt follows: two numbers of 32 bits. */
export interface HashRoot {
  readonly low: number;
  readonly high: number;
}

/**
 * @param model prompts of different models share nothing
 * @param salt `cache_salt` of the request, '' where it has none
 * @param blockSize blocks of different sizes are kept apart
 */
export function rootOf(model: string, salt: string, blockSize: number): HashRoot {
  let low = 0x2545f491 ^ blockSize;
  let high = 0x41c6ce57;
  for (const text of [model, salt]) {
    // The length keeps the two apart.
    low = imul(low ^ (text.length + 1), 0xc2b2ae35);
    for (let i = 0; i < text.length; i++) {
      low = imul(low ^ text.charCodeAt(i), 0x9e3779b1);
      low ^= low >>> 15;
      high = imul(high ^ text.charCodeAt(i), 0x85ebca6b);
      high ^= high >>> 13;
    }
  }
  return { low: scrambled(low ^ high), high: scrambled(imul(low, 5) + high) };
}

/**
 * The hashes of a prompt's blocks. Each is made of its words and of the hash before it, so that it stands for all of the
 * prompt up to its end; a rest that fills no block is one too.
 *
 * Four lanes take a word each in turn, none waits for another: this is most of what a decision costs.
 *
 * @returns two numbers of 32 bits a block, the lower one first
 */
export function blockHashes(
  words: Int32Array,
  count: number,
  blockSize: number,
  { low: rootLow, high: rootHigh }: HashRoot,
): Int32Array {
  const hashes = new Int32Array(2 * Math.ceil(count / blockSize));
  let low = rootLow;
  let high = rootHigh;
  for (let start = 0, out = 0; start < count; start += blockSize, out += 2) {
    const end = Math.min(start + blockSize, count);
    let a = low;
    let b = high;
    let c = low ^ 0x7f4a7c15;
    let d = high ^ 0x2c1b3c6d;
    let i = start;
    for (; i + 4 <= end; i += 4) {
      a = imul(a ^ words[i]!, 0x9e3779b1);
      b = imul(b ^ words[i + 1]!, 0x85ebca6b);
      c = imul(c ^ words[i + 2]!, 0xc2b2ae35);
      d = imul(d ^ words[i + 3]!, 0x27d4eb2f);
      a ^= a >>> 15;
      b ^= b >>> 15;
      c ^= c >>> 15;
      d ^= d >>> 15;
    }
    for (; i < end; i++) {
      a = imul(a ^ words[i]!, 0x9e3779b1);
      a ^= a >>> 15;
    }
    // A rest is another block than the beginning of a longer one.
    a ^= end - start;
    low = scrambled(a + imul(b, 5) + imul(c, 9) + imul(d, 17));
    high = scrambled(imul(a, 3) ^ imul(b, 7) ^ imul(c, 11) ^ imul(d, 13) ^ low);
    hashes[out] = low;
    hashes[out + 1] = high;
  }
  return hashes;
}

const { imul } = Math;

/** What the first block of a prompt follows. */
const ROOT = 0x1f3d_5b79_a9c7;
const BITS_ABOVE = 2 ** 32;

/**
 * The hash of a block: of its tokens and of all before it. Engines hash in ways of their own (of pickled tuples, with
 * secrets of a process), so theirs cannot be computed here.
 *
 * @param parent hash of the block before, or {@link rootOf}
 * @param tokens their lower 32 bits count
 * @param extra hash of what else makes its KV, 0 for nothing
 * @returns a whole number below 2^53: of a million blocks two are alike with a chance of 1 to 18,000
 */
export function blockHash(
  parent: number,
  tokens: ArrayLike<number>,
  [from, to]: readonly [number, number],
  extra = 0,
): number {
  let low = (parent ^ extra) | 0;
  let high = (parent / BITS_ABOVE) ^ imul((extra / BITS_ABOVE) | 0, 0x2c1b3c6d);
  for (let i = from; i < to; i++) {
    const token = tokens[i]! | 0;
    low = imul(low ^ token, 0x9e3779b1);
    low ^= low >>> 15;
    high = imul(high ^ token, 0x5f356495);
    high ^= high >>> 13;
  }
  const below = scrambled(high ^ imul(low, 5)) >>> 0;
  return (scrambled(low + imul(high, 31)) & 0x1f_ffff) * BITS_ABOVE + below;
}

/** @param lora name of the adapter; '' for the model itself @returns what its first blocks follow */
export function rootOf(lora: string): number {
  return lora === '' ? ROOT : textHash(lora);
}

/** @returns a hash of what else than tokens makes the KV of a block, such as its salt; 0 where there is nothing */
export function extraOf(keys: readonly unknown[]): number {
  if (keys.length === 0) return 0;
  return textHash(JSON.stringify(keys, (_, value: unknown) => plain(value)));
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return typeof value === 'bigint' ? String(value) : value;
}

function textHash(text: string): number {
  const units = Uint16Array.from(text, (character) => character.charCodeAt(0));
  return blockHash(ROOT, units, [0, units.length], text.length);
}

/** The end of MurmurHash3, by Austin Appleby. @returns 32 bits, each of which depends on all of `value` */
export function scrambled(value: number): number {
  let bits = value ^ (value >>> 16);
  bits = imul(bits, 0x85ebca6b);
  bits ^= bits >>> 13;
  bits = imul(bits, 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

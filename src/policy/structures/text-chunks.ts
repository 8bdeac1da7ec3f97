import { scramble } from './hash.js';
import { MAX_UNITS, wordsOf } from './text-words.js';

const { imul } = Math;

/** The beginning is cut finer, so that the share of a short text that is known is right. */
const FINE = 4;
const FINE_UNITS = 64;
const FINE_CHUNKS = FINE_UNITS / FINE;
/** About four tokens; engines cache blocks of 16 tokens and more. */
const COARSE = 16;

/** All policies share this memory, as they share that of the words. */
let hashes = new Int32Array(1 << 8);

/** The beginnings of a text as hashes of its chunks; valid until the next text is cut. */
export interface TextChunks {
  /** Only the first {@link TextChunks.count} are of this text. */
  readonly hashes: Int32Array;
  readonly count: number;
}

/**
 * Cuts a text into chunks: 4 UTF-16 units each up to the 64th, 16 from there on. A rest that fills no chunk does not
 * count, unless it is all there is. So a text costs half a byte a character to remember, and cannot be read back.
 *
 * @param limit units after which the text does not matter; at most {@link MAX_UNITS} count
 */
export function chunksOf(text: string, limit = MAX_UNITS): TextChunks {
  const units = Math.min(text.length, limit, MAX_UNITS);
  const words = wordsOf(text, units);
  if (units < FINE) {
    hashes[0] = hashOf(words, 0, (units + 1) >> 1) ^ units;
    return { hashes, count: Math.min(units, 1) };
  }
  const count = chunksIn(units);
  if (count > hashes.length) hashes = new Int32Array(2 ** Math.ceil(Math.log2(count)));
  const fine = Math.min(count, FINE_CHUNKS);
  for (let i = 0, start = 0; i < fine; i++, start += FINE / 2) {
    hashes[i] = hashOf(words, start, start + FINE / 2);
  }
  for (let i = fine, start = FINE_UNITS / 2; i < count; i++, start += COARSE / 2) {
    hashes[i] = hashOfEight(words, start);
  }
  return { hashes, count };
}

/** @returns the UTF-16 units in the first so many chunks of a text */
export function unitsOf(chunks: number): number {
  return chunks <= FINE_CHUNKS ? chunks * FINE : FINE_UNITS + (chunks - FINE_CHUNKS) * COARSE;
}

function chunksIn(units: number): number {
  if (units <= FINE_UNITS) return Math.floor(units / FINE);
  return FINE_CHUNKS + Math.floor((units - FINE_UNITS) / COARSE);
}

function hashOf(words: Int32Array, start: number, end: number): number {
  let hash = 0x9e3779b1;
  for (let i = start; i < end; i++) {
    hash = imul(hash ^ words[i]!, 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  return scramble(hash) | 0;
}

/** Of a coarse chunk: two halves that need not wait for each other, in half the time. */
function hashOfEight(words: Int32Array, at: number): number {
  let even = imul(words[at]! ^ 0x9e3779b1, 0x85ebca6b);
  let odd = imul(words[at + 1]! ^ 0x41c6ce57, 0xc2b2ae35);
  even = imul(even ^ (even >>> 15) ^ words[at + 2]!, 0x85ebca6b);
  odd = imul(odd ^ (odd >>> 15) ^ words[at + 3]!, 0xc2b2ae35);
  even = imul(even ^ (even >>> 15) ^ words[at + 4]!, 0x85ebca6b);
  odd = imul(odd ^ (odd >>> 15) ^ words[at + 5]!, 0xc2b2ae35);
  even = imul(even ^ (even >>> 15) ^ words[at + 6]!, 0x85ebca6b);
  odd = imul(odd ^ (odd >>> 15) ^ words[at + 7]!, 0xc2b2ae35);
  return scramble(even ^ (even >>> 15) ^ imul(odd ^ (odd >>> 15), 0x9e3779b1)) | 0;
}

import { MAX_TEXT } from '../policy.js';

/** Of longer texts only so many UTF-16 units count: at most two milliseconds of the event loop. */
export const MAX_UNITS = MAX_TEXT;

/**
 * A text as 32-bit words, two UTF-16 units each. Reading words is several times faster than asking a string for its
 * units one by one. All policies share this memory: each is done with it before it returns.
 */
let memory = Buffer.from(new ArrayBuffer(1 << 12));
let words = new Int32Array(memory.buffer);

/**
 * @param units of the text that count, at most {@link MAX_UNITS} and its length
 * @returns memory whose first `ceil(units / 2)` words are the text, with a zero behind an odd number; the next call
 * overwrites it
 */
export function wordsOf(text: string, units: number): Int32Array {
  const size = (units + (units & 1)) * 2;
  if (size > memory.length) {
    memory = Buffer.from(new ArrayBuffer(2 ** Math.ceil(Math.log2(size))));
    words = new Int32Array(memory.buffer);
  }
  if ((units & 1) === 1) words[units >> 1] = 0;
  memory.write(text, 0, units * 2, 'utf16le');
  return words;
}

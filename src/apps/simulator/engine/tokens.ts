/**
 * A tokenizer without a vocabulary: four bytes of UTF-8 are a token.
 *
 * Ids are numbered by length: 0 to 255 are single bytes, then those of two, three and four bytes.
 * Only the last token of a text is shorter than four.
 */

const BYTES = 4;
const START_BY_LENGTH = [0, 0, 0x100, 0x10100, 0x1010100];
const END = 0x1010100 + 2 ** 32;

/** A text's tokens in 32 bits each, as the engine reads them. */
export function wordsOfText(text: string): Uint32Array {
  const length = Buffer.byteLength(text);
  const count = Math.ceil(length / BYTES);
  const words = new Uint32Array(count);
  const bytes = new Uint8Array(words.buffer);
  Buffer.from(bytes.buffer).write(text);
  const rest = length % BYTES;
  if (rest > 0) words[count - 1] = idOf(bytes.subarray(length - rest, length));
  return words;
}

/** The same of tokens given by id. @throws RangeError for an id outside of the vocabulary */
export function fromTokenIds(ids: readonly number[]): Uint32Array {
  const words = new Uint32Array(ids.length);
  for (const [index, id] of ids.entries()) {
    if (!(id >= 0 && id < END)) throw new RangeError(`Token id ${id} is out of vocabulary`);
    words[index] = id < START_BY_LENGTH[BYTES]! ? id : id - START_BY_LENGTH[BYTES]!;
  }
  return words;
}

/** Splits a text into its token ids. */
export function encode(text: string): number[] {
  const bytes = Buffer.from(text);
  const ids: number[] = [];
  for (let at = 0; at < bytes.length; at += BYTES) ids.push(idOf(bytes.subarray(at, at + BYTES)));
  return ids;
}

/** The text of token ids; ids outside of the vocabulary are left out. */
export function decode(ids: readonly number[]): string {
  return Buffer.from(ids.flatMap(bytesOf)).toString();
}

/** The bytes of a token id; none for one outside of the vocabulary. */
function bytesOf(id: number): number[] {
  const length = START_BY_LENGTH.findLastIndex((start, index) => index > 0 && id >= start);
  if (length < 1 || id >= END) return [];
  const bytes: number[] = [];
  let rest = id - START_BY_LENGTH[length]!;
  for (let at = 0; at < length; at++) {
    bytes.push(rest % 256);
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

/** The bytes of a text's last token when it is shorter than others: text that follows becomes a part of it. */
export function openBytes(last: number | undefined): number[] {
  const bytes = last === undefined ? [] : bytesOf(last);
  return bytes.length < BYTES ? bytes : [];
}

/** A token's 32 bits, as the engine reads them. */
export function wordOf(bytes: readonly number[]): number {
  const id = idOf(Uint8Array.from(bytes));
  return bytes.length < BYTES ? id : id - START_BY_LENGTH[BYTES]!;
}

/** Little-endian, like the words above on every machine that runs Node. */
function idOf(bytes: Uint8Array): number {
  let value = 0;
  for (let at = bytes.length - 1; at >= 0; at--) value = value * 256 + bytes[at]!;
  return START_BY_LENGTH[bytes.length]! + value;
}

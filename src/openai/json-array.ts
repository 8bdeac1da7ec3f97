const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Where an element of an array stands: byte offsets, the blanks around it left out. */
export interface JsonElement {
  readonly start: number;
  /** One past its last byte. */
  readonly end: number;
}

/**
 * The elements of an array, found one by one: an array of a hundred million elements takes no memory.
 *
 * @param start of the value in bytes that `readJsonObject` has accepted, @param end one past it
 * @returns nothing for a value that is no array
 */
export function* elementsOf(bytes: Buffer, start: number, end: number): Generator<JsonElement> {
  if (bytes[start] !== OPEN_BRACKET) return;
  let depth = 0;
  let from = -1;
  let to = -1;
  for (let at = start + 1; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === COMMA && depth === 0) {
      yield { start: from, end: to };
      from = -1;
      continue;
    }
    if (byte <= 0x20) continue;
    if (byte === QUOTE) {
      if (from < 0) from = at;
      at = endOfString(bytes, at) - 1;
    } else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) {
      if (depth-- === 0) break;
    } else {
      if (from < 0) from = at;
      if (byte === OPEN_BRACKET || byte === OPEN_BRACE) depth++;
    }
    to = at + 1;
  }
  if (from >= 0) yield { start: from, end: to };
}

/** One past the closing quote of the string that opens at `at`. */
function endOfString(bytes: Buffer, at: number): number {
  let quote = at;
  for (;;) {
    quote = bytes.indexOf(QUOTE, quote + 1);
    let backslashes = 0;
    while (bytes[quote - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
}

/**
 * Reads a JSON object's top-level members out of its bytes without building a value.
 *
 * Bodies of inference requests are edited by splicing bytes (see `json-splice.ts`), never by parse
 * and stringify: that would change integers above 2^53, float spellings, duplicate keys and key
 * order, and costs more CPU than everything else that a proxy does with a long prompt.
 *
 * The scan jumps from quote to quote with `indexOf`, so text costs next to nothing. Outside of
 * strings the whole grammar of RFC 8259 is checked; inside strings it is the engine that judges
 * (UTF-8, unescaped control characters).
 */

import { keyText } from './key-text.js';

/** Thrown for bytes that are not one JSON object; `offset` is where the reader gave up. */
export class JsonSyntaxError extends Error {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

/** One `"name": value` of an object. All fields but `name` are byte offsets into the body. */
export interface JsonMember {
  /** The key with its escapes decoded, so that `"n\u0061me"` and `"name"` are one name. */
  readonly name: string;
  /** The opening quote of the key. */
  readonly start: number;
  readonly valueStart: number;
  /** One past the last byte of the value. */
  readonly valueEnd: number;
}

export interface JsonObject {
  readonly bytes: Buffer;
  /** The opening brace. */
  readonly start: number;
  /** One past the closing brace. */
  readonly end: number;
  /** In document order, duplicates included. */
  readonly members: readonly JsonMember[];
}

/** Deeper bodies are refused: engines parse recursively, and nobody needs it. */
export const MAX_JSON_DEPTH = 256;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** Bytes of a string that are looked at one by one. */
const SHORT = 24;

/** Byte classes of everything that can stand outside a string. */
const enum Class {
  Other = 0,
  Blank = 1,
  Quote = 2,
  Open = 3,
  Close = 4,
  Comma = 5,
  Colon = 6,
  Literal = 7,
}

const CLASS = new Uint8Array(256);
for (const blank of [0x20, 0x09, 0x0a, 0x0d]) CLASS[blank] = Class.Blank;
CLASS[QUOTE] = Class.Quote;
CLASS[OPEN_BRACE] = CLASS[OPEN_BRACKET] = Class.Open;
CLASS[CLOSE_BRACE] = CLASS[CLOSE_BRACKET] = Class.Close;
CLASS[COMMA] = Class.Comma;
CLASS[COLON] = Class.Colon;
for (const byte of Buffer.from('-+.0123456789Eaeflnrstu')) CLASS[byte] = Class.Literal;

/** What the grammar lets come next. */
const enum Expect {
  Value = 0,
  /** A value or, just after `[`, its end. */
  FirstValue = 1,
  Key = 2,
  /** A key or, just after `{`, its end. */
  FirstKey = 3,
  Colon = 4,
  /** A comma or the end of the container. */
  Next = 5,
  End = 6,
}

/** The letters of words as one number, big-endian: `true`, `null` and what follows the f of `false`. */
const TRUE = 0x74727565;
const NULL = 0x6e756c6c;
const ALSE = 0x616c7365;
const LITERAL = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

/**
 * Scans `bytes` as one JSON object with nothing but blanks around it.
 *
 * @param from where to begin (default 0), @param to one past the last byte (default the end)
 * @throws JsonSyntaxError for anything else: other values, broken or truncated JSON, nesting above
 *   {@link MAX_JSON_DEPTH}
 */
export function readJsonObject(bytes: Buffer, from = 0, to = bytes.length): JsonObject {
  return new Reader(bytes, to).readObject(from);
}

/**
 * The last member of that name, which is the one that JSON parsers take.
 *
 * @returns undefined when the object has no such member
 */
export function findMember(object: JsonObject, name: string): JsonMember | undefined {
  const { members } = object;
  for (let i = members.length - 1; i >= 0; i--) if (members[i]!.name === name) return members[i];
  return undefined;
}

/** Reads a member's value as an object, or gives undefined when it is something else. */
export function readNestedObject(object: JsonObject, member: JsonMember): JsonObject | undefined {
  if (object.bytes[member.valueStart] !== OPEN_BRACE) return undefined;
  return readJsonObject(object.bytes, member.valueStart, member.valueEnd);
}

/**
 * One entry an open container: 1 for an object, 0 for an array. Shared, since a scan is synchronous
 * and does not call back.
 */
const IS_OBJECT = new Uint8Array(MAX_JSON_DEPTH + 1);

/** Whether it is `true`, `null` or `false`, without a string for each of them. */
function isWord(bytes: Buffer, at: number, end: number): boolean {
  if (end - at === 4) {
    const word = bytes.readUInt32BE(at);
    return word === TRUE || word === NULL;
  }
  return end - at === 5 && bytes[at] === 0x66 && bytes.readUInt32BE(at + 1) === ALSE;
}

class Reader {
  private readonly members: JsonMember[] = [];

  constructor(
    private readonly bytes: Buffer,
    private readonly to: number,
  ) {}

  readObject(from: number): JsonObject {
    const { bytes, to } = this;
    let at = from;
    while (at < to && CLASS[bytes[at]!] === Class.Blank) at++;
    if (bytes[at] !== OPEN_BRACE || at >= to) throw this.error('the body is not a JSON object', at);
    const start = at;
    const end = this.readMembers(start);
    at = end;
    while (at < to && CLASS[bytes[at]!] === Class.Blank) at++;
    if (at < to) throw this.error('unexpected data after the JSON object', at);
    return { bytes, start, end, members: this.members };
  }

  /** Walks from the opening brace to one past the closing one, noting the members of depth 1. */
  // One loop without calls, since it sees every byte of every prompt.
  // eslint-disable-next-line max-lines-per-function
  private readMembers(start: number): number {
    const { bytes, to } = this;
    const isObject = IS_OBJECT;
    let depth = 1;
    isObject[1] = 1;
    let expect: Expect = Expect.FirstKey;
    let at = start + 1;
    let name = '';
    let keyStart = 0;
    let valueStart = 0;

    while (at < to) {
      const byte = bytes[at]!;
      switch (CLASS[byte]) {
        case Class.Blank:
          at++;
          break;
        case Class.Quote: {
          const end = this.endOfString(at);
          if (expect === Expect.Key || expect === Expect.FirstKey) {
            if (depth === 1) {
              keyStart = at;
              name = this.decodeKey(at, end);
            }
            expect = Expect.Colon;
          } else if (expect === Expect.Value || expect === Expect.FirstValue) {
            if (depth === 1) this.add(name, keyStart, at, end);
            expect = Expect.Next;
          } else throw this.error('unexpected string', at);
          at = end;
          break;
        }
        case Class.Literal: {
          if (expect > Expect.FirstValue) throw this.error('unexpected value', at);
          const end = this.endOfLiteral(at);
          if (depth === 1) this.add(name, keyStart, at, end);
          expect = Expect.Next;
          at = end;
          break;
        }
        case Class.Comma:
          if (expect !== Expect.Next) throw this.error('unexpected comma', at);
          expect = isObject[depth] === 1 ? Expect.Key : Expect.Value;
          at++;
          break;
        case Class.Colon:
          if (expect !== Expect.Colon) throw this.error('unexpected colon', at);
          expect = Expect.Value;
          at++;
          break;
        case Class.Open:
          if (expect > Expect.FirstValue) throw this.error('unexpected value', at);
          if (depth === 1) valueStart = at;
          if (++depth > MAX_JSON_DEPTH) throw this.error('the JSON is nested too deep', at);
          isObject[depth] = byte === OPEN_BRACE ? 1 : 0;
          expect = byte === OPEN_BRACE ? Expect.FirstKey : Expect.FirstValue;
          at++;
          break;
        case Class.Close: {
          const closesObject = byte === CLOSE_BRACE;
          const first = closesObject ? Expect.FirstKey : Expect.FirstValue;
          if (
            (expect !== Expect.Next && expect !== first) ||
            (isObject[depth] === 1) !== closesObject
          ) {
            throw this.error('unexpected closing bracket', at);
          }
          at++;
          if (--depth === 0) return at;
          if (depth === 1) this.add(name, keyStart, valueStart, at);
          expect = Expect.Next;
          break;
        }
        default:
          throw this.error('unexpected character', at);
      }
    }
    throw this.error('the JSON ends too early', to);
  }

  private add(name: string, start: number, valueStart: number, valueEnd: number): void {
    this.members.push({ name, start, valueStart, valueEnd });
  }

  /** One past the closing quote of the string that opens at `at`. */
  private endOfString(at: number): number {
    const { bytes, to } = this;
    // Most strings are short keys: for those a call into the engine costs more than looking.
    const near = Math.min(to, at + SHORT);
    for (let i = at + 1; i < near; i++) {
      const byte = bytes[i]!;
      if (byte === QUOTE) return i + 1;
      if (byte === BACKSLASH) break;
    }
    let quote = at;
    for (;;) {
      quote = bytes.indexOf(QUOTE, quote + 1);
      if (quote < 0 || quote >= to) throw this.error('a JSON string is not closed', to);
      let backslashes = 0;
      while (bytes[quote - 1 - backslashes] === BACKSLASH) backslashes++;
      if (backslashes % 2 === 0) return quote + 1;
    }
  }

  private endOfLiteral(at: number): number {
    const { bytes, to } = this;
    const first = bytes[at]!;
    let end = at + 1;
    // Token ids, the bulk of some bodies, take this path: an integer that no blank or dot spoils.
    if (first >= 0x31 && first <= 0x39) {
      while (end < to && bytes[end]! >= 0x30 && bytes[end]! <= 0x39) end++;
      if (end >= to || CLASS[bytes[end]!] !== Class.Literal) return end;
    }
    while (end < to && CLASS[bytes[end]!] === Class.Literal) end++;
    if (isWord(bytes, at, end)) return end;
    if (!LITERAL.test(bytes.toString('latin1', at, end))) throw this.error('unexpected value', at);
    return end;
  }

  private decodeKey(start: number, end: number): string {
    const text = keyText(this.bytes, start + 1, end - 1);
    if (!text.includes('\\')) return text;
    try {
      return JSON.parse(`"${text}"`) as string;
    } catch {
      throw this.error('a key has a bad escape', start);
    }
  }

  private error(message: string, offset: number): JsonSyntaxError {
    return new JsonSyntaxError(message, offset);
  }
}

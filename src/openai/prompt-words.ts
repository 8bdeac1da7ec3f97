import { findMember, type JsonMember, type JsonObject } from './json-object.js';
import { keyText } from './key-text.js';
import { mediaDigest } from './media-digest.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const ZERO = 0x30;
const NINE = 0x39;

const NOTHING = Buffer.alloc(0);
/** Bytes of a token of common text, nearly. */
const BYTES_A_WORD = 4;
/** A copy by the engine costs more than this loop does for short pieces. */
const SHORT = 48;

/** Members before the messages that come first in what chat templates make of a request. */
const BEGINNINGS = ['tools', 'instructions', 'system'] as const;
/** Members that hold the prompt itself; the first one that is there counts. */
const PROMPTS = ['messages', 'prompt', 'input', 'token_ids', 'input_ids', 'text'] as const;
/** Members of messages and of their parts that no model is shown. */
const UNSEEN = new Set([
  ...['type', 'cache_control', 'detail', 'status', 'annotations', 'format', 'media_type'],
]);
/** Members that hold what is no text. */
const MEDIA: ReadonlyMap<string, Medium> = new Map([
  ['image_url', 'image'],
  ['source', 'image'],
  ['video_url', 'video'],
  ['audio_url', 'audio'],
  ['input_audio', 'audio'],
]);

export type Medium = 'image' | 'video' | 'audio';

/**
 * @param start of its data or its URL in the bytes, @param end one past it
 * @returns the tokens that a medium becomes
 */
export type MediaTokens = (medium: Medium, bytes: Buffer, start: number, end: number) => number;

/** A prompt, four bytes a word: valid until the next one is read. */
export interface PromptWords {
  readonly words: Int32Array;
  /** Words that are of this prompt: not more than were asked for. */
  readonly count: number;
  /** Words that the whole prompt has, nearly: as many as its tokens, nearly. */
  readonly total: number;
  /** Words are ids of tokens, and their number is the number of tokens. */
  readonly areTokens: boolean;
}

/**
 * Reads the prompt of a request as words that can be hashed: what its texts are made of, as JSON spells them, in the
 * order in which a chat template would show them. Nothing is decoded; no more is looked at than is asked for.
 */
export class PromptReader {
  private memory = Buffer.allocUnsafeSlow(64 * 1024);
  private view = new Int32Array(this.memory.buffer, 0, this.memory.length >> 2);
  private bytes: Buffer = NOTHING;
  private at = 0;
  /** Bytes that the prompt has; those beyond {@link limit} are not in the memory. */
  private size = 0;
  private limit = 0;
  private areTokens = false;
  private reads = 0;

  constructor(private readonly mediaTokens: MediaTokens) {}

  /** Grows with each {@link read}: by it one knows whether the words of a read are still there. */
  get generation(): number {
    return this.reads;
  }

  /** @param most words that are wanted */
  read(body: JsonObject, most: number): PromptWords {
    this.reads++;
    this.bytes = body.bytes;
    this.size = 0;
    this.limit = most * BYTES_A_WORD;
    this.areTokens = false;
    for (const name of BEGINNINGS) {
      const member = findMember(body, name);
      if (member) this.copy(member.valueStart, member.valueEnd);
    }
    const prompt = promptOf(body);
    if (prompt) {
      this.at = prompt.valueStart;
      this.value(prompt.valueEnd, undefined);
    }
    this.bytes = NOTHING;
    return this.words();
  }

  private words(): PromptWords {
    const kept = Math.min(this.size, this.limit);
    const count = Math.ceil(kept / BYTES_A_WORD);
    this.memory.fill(0, kept, count * BYTES_A_WORD);
    const total = Math.ceil(this.size / BYTES_A_WORD);
    return { words: this.view, count, total, areTokens: this.areTokens };
  }

  /** Ids of tokens, a word each. */
  private numbers(end: number): void {
    const { bytes } = this;
    this.areTokens ||= this.size === 0;
    let id = -1;
    for (; this.at < end; this.at++) {
      const byte = bytes[this.at]!;
      if (byte >= ZERO && byte <= NINE) {
        id = (id < 0 ? 0 : id * 10) + byte - ZERO;
        continue;
      }
      if (id >= 0) this.word(id);
      id = -1;
      if (byte === CLOSE_BRACKET) return;
      if (this.size >= this.limit) return this.skip(end);
    }
  }

  /** Any value, from {@link at} on. @param medium it belongs to one */
  private value(end: number, medium: Medium | undefined): void {
    if (this.size >= this.limit) return this.skip(end);
    switch (this.bytes[this.at]) {
      case QUOTE:
        return this.string(end, medium);
      case OPEN_BRACE:
        return this.object(end, medium);
      case OPEN_BRACKET:
        return this.array(end, medium);
      default:
        return this.literal();
    }
  }

  private array(end: number, medium: Medium | undefined): void {
    this.at = this.after(this.at + 1);
    if (this.isNumber(this.at)) this.numbers(end);
    while (this.at < end && this.bytes[this.at] !== CLOSE_BRACKET) {
      this.value(end, medium);
      this.toNext();
    }
    this.at++;
  }

  private object(end: number, medium: Medium | undefined): void {
    this.at = this.after(this.at + 1);
    while (this.at < end && this.bytes[this.at] !== CLOSE_BRACE) {
      const keyStart = this.at + 1;
      this.at = this.endOfString(this.at);
      const key = keyText(this.bytes, keyStart, this.at - 1);
      this.at = this.after(this.after(this.at) + 1);
      if (UNSEEN.has(key)) this.pass(end);
      else this.value(end, medium ?? MEDIA.get(key));
      this.toNext();
    }
    this.at++;
  }

  private string(end: number, medium: Medium | undefined): void {
    const start = this.at + 1;
    const most = medium ? end : start + this.limit - this.size;
    const after = this.endOfString(this.at, most);
    if (after === Infinity) {
      // Its end is not worth the look.
      this.copy(start, most);
      this.at = most;
      return this.skip(end);
    }
    this.at = after;
    if (medium) this.medium(medium, start, after - 1);
    else this.copy(start, after - 1);
  }

  /** As many words as it becomes tokens, made of what it is. */
  private medium(medium: Medium, start: number, end: number): void {
    const digest = mediaDigest(this.bytes, start, end);
    const tokens = this.mediaTokens(medium, this.bytes, start, end);
    for (let left = tokens; left > 0; left--) this.word(digest);
  }

  private literal(): void {
    const start = this.at;
    while (!isEndOfLiteral(this.bytes[this.at])) this.at++;
    // A null is what is not there.
    if (this.bytes[start] !== 0x6e) this.copy(start, this.at);
  }

  /** Goes past a value that is not looked at. */
  private pass(end: number): void {
    const { bytes } = this;
    let depth = 0;
    while (this.at < end) {
      const byte = bytes[this.at]!;
      if (byte === QUOTE) this.at = this.endOfString(this.at) - 1;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        if (depth-- === 0) return;
      } else if (byte === COMMA && depth === 0) return;
      this.at++;
    }
  }

  /** What is wanted is there: the rest only counts. */
  private skip(end: number): void {
    this.size += Math.max(0, end - this.at);
    this.at = end;
  }

  private toNext(): void {
    this.at = this.after(this.at);
    if (this.bytes[this.at] === COMMA) this.at = this.after(this.at + 1);
  }

  /** @returns the next place that is no blank */
  private after(at: number): number {
    while (this.bytes[at]! <= 0x20) at++;
    return at;
  }

  private isNumber(at: number): boolean {
    const byte = this.bytes[at]!;
    return byte >= ZERO && byte <= NINE;
  }

  /** One past the closing quote of the string that opens at `at`; Infinity where it is beyond `most`. */
  private endOfString(at: number, most = Infinity): number {
    const { bytes } = this;
    let quote = at;
    for (;;) {
      quote = bytes.indexOf(QUOTE, quote + 1);
      if (quote < 0 || quote > most) return Infinity;
      let backslashes = 0;
      while (bytes[quote - 1 - backslashes] === BACKSLASH) backslashes++;
      if (backslashes % 2 === 0) return quote + 1;
    }
  }

  /** A text, as it stands. */
  private copy(start: number, end: number): void {
    const from = this.size;
    if (end > start) this.areTokens = false;
    this.size += end - start;
    const length = Math.min(end - start, this.limit - from);
    if (length <= 0) return;
    this.makeRoom(from + length);
    if (length <= SHORT) {
      const { memory, bytes } = this;
      for (let i = 0; i < length; i++) memory[from + i] = bytes[start + i]!;
    } else this.bytes.copy(this.memory, from, start, start + length);
  }

  /** On a border of words. */
  private word(word: number): void {
    const from = Math.ceil(this.size / BYTES_A_WORD) * BYTES_A_WORD;
    if (from < this.limit) {
      this.makeRoom(from + BYTES_A_WORD);
      this.memory.fill(0, this.size, from);
      this.view[from >> 2] = word | 0;
    }
    this.size = from + BYTES_A_WORD;
  }

  private makeRoom(size: number): void {
    if (size <= this.memory.length) return;
    const larger = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(size)));
    this.memory.copy(larger);
    this.memory = larger;
    this.view = new Int32Array(larger.buffer, 0, larger.length >> 2);
  }
}

function promptOf(body: JsonObject): JsonMember | undefined {
  for (const name of PROMPTS) {
    const member = findMember(body, name);
    if (member) return member;
  }
  return undefined;
}

function isEndOfLiteral(byte: number | undefined): boolean {
  return (
    byte === undefined ||
    byte <= 0x20 ||
    byte === COMMA ||
    byte === CLOSE_BRACE ||
    byte === CLOSE_BRACKET
  );
}

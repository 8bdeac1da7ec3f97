import { findMember, type JsonMember, type JsonObject } from './json-object.js';
import { MediaFinder, mayHoldMedia, type Medium } from './media-strings.js';
import { mediaDigest } from './media-digest.js';

export type { Medium } from './media-strings.js';

const NOTHING = Buffer.alloc(0);
const QUOTE = 0x22;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const ZERO = 0x30;
const NINE = 0x39;

/** Bytes of a token of common text, nearly. */
const BYTES_A_WORD = 4;
/** Bytes of the id of a token in a list, with its comma, nearly. */
const BYTES_AN_ID = 6;

/** Members before the messages that come first in what chat templates make of a request. */
const BEGINNINGS = ['tools', 'instructions', 'system'] as const;
/** Members that hold the prompt itself; the first one that is there counts. */
const PROMPTS = ['messages', 'prompt', 'input', 'token_ids', 'input_ids', 'text'] as const;

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
 * Reads the prompt of a request as words that can be hashed: tools and instructions, then messages as they stand in the
 * body, or the text of a completion. What surrounds texts counts as the marks do that chat templates put there. Data of
 * media are replaced by as many words as they become tokens; ids of tokens are a word each.
 *
 * Nothing is decoded, and no more is looked at than is asked for, so that a long prompt costs little more than its copy.
 */
export class PromptReader {
  private memory = Buffer.allocUnsafeSlow(64 * 1024);
  private view = new Int32Array(this.memory.buffer, 0, this.memory.length >> 2);
  private bytes: Buffer = NOTHING;
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
      if (member) this.text(member.valueStart, member.valueEnd);
    }
    const prompt = promptOf(body);
    if (prompt) this.prompt(prompt);
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

  private prompt({ valueStart: start, valueEnd: end }: JsonMember): void {
    const first = this.bytes[start];
    // What closes it would be another end than that of a longer prompt.
    if (first === QUOTE) this.text(start + 1, end - 1);
    else if (first !== OPEN_BRACKET) return;
    else if (this.holdsIds(start)) this.ids(start, end);
    else this.messages(start + 1, end - 1);
  }

  /** Ids of tokens, or lists of them. */
  private holdsIds(start: number): boolean {
    const { bytes } = this;
    let at = start;
    while (bytes[at]! <= 0x20 || bytes[at] === OPEN_BRACKET) at++;
    return isDigit(bytes[at]!);
  }

  private ids(start: number, end: number): void {
    const { bytes } = this;
    this.areTokens = this.size === 0;
    let id = -1;
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      if (isDigit(byte)) id = (id < 0 ? 0 : id * 10) + byte - ZERO;
      else if (id >= 0) {
        this.word(id);
        id = -1;
        if (this.size < this.limit || byte === CLOSE_BRACKET) continue;
        this.size += Math.floor((end - at) / BYTES_AN_ID) * BYTES_A_WORD;
        return;
      }
    }
  }

  private messages(start: number, end: number): void {
    const { bytes } = this;
    const wanted = Math.min(end, start + this.limit - this.size);
    if (!mayHoldMedia(bytes, start, wanted)) return this.text(start, end);
    const media = new MediaFinder(bytes, start, end);
    let at = start;
    while (this.size < this.limit && media.next()) {
      this.text(at, media.start);
      this.medium(media.medium, media.start, media.end);
      at = media.end;
    }
    this.text(at, end);
  }

  /** As many words as it becomes tokens, made of what it is. */
  private medium(medium: Medium, start: number, end: number): void {
    const digest = mediaDigest(this.bytes, start, end);
    const tokens = this.mediaTokens(medium, this.bytes, start, end);
    for (let left = tokens; left > 0; left--) this.word(digest);
  }

  /** As it stands. */
  private text(start: number, end: number): void {
    const from = this.size;
    this.size += end - start;
    const length = Math.min(end - start, this.limit - from);
    if (length <= 0) return;
    this.makeRoom(from + length);
    this.bytes.copy(this.memory, from, start, start + length);
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

  /** Up to a border of words. */
  private makeRoom(size: number): void {
    if (size + BYTES_A_WORD <= this.memory.length) return;
    const larger = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(size + BYTES_A_WORD)));
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

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

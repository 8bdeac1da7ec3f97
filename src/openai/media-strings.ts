import { keyText } from './key-text.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACE = 0x7b;

export type Medium = 'image' | 'video' | 'audio';

/** Members of content parts that hold what is no text, in the APIs of OpenAI and Anthropic. */
const MEDIA: ReadonlyMap<string, Medium> = new Map([
  ['image_url', 'image'],
  ['source', 'image'],
  ['file_data', 'image'],
  ['video_url', 'video'],
  ['audio_url', 'audio'],
  ['input_audio', 'audio'],
]);
/**
 * Ends of names that stand beside all of these where they bring data. They begin with a character that is rare in texts,
 * and a quote within a text has a backslash before it: so they are found quickly, and seldom where there is nothing.
 */
const MARKS = ['_url"', '_audio"', '_type"', '_data"'].map((mark) => Buffer.from(mark));
/** What is shorter, and no URL, is a name of a format. */
const SHORT = 256;
const URL_BEGINNINGS = ['data:', 'http:', 'https:', 'file:'].map((text) => Buffer.from(text));

/** @returns false where there are no data of media in these bytes; true where there may be */
export function mayHoldMedia(bytes: Buffer, start: number, end: number): boolean {
  const part = bytes.subarray(start, end);
  return MARKS.some((mark) => part.includes(mark));
}

/** Finds the strings of a JSON text that are data of media, or their URLs. */
export class MediaFinder {
  /** What was found. */
  medium: Medium = 'image';
  /** Its first byte, behind the quote. */
  start = 0;
  /** One past its last byte. */
  end = 0;
  private at: number;
  private depth = 0;
  /** Of the member that holds a medium; 0 outside of all. */
  private within = 0;

  /** @param from where to begin, @param to one past the last byte of bytes that are JSON */
  constructor(
    private readonly bytes: Buffer,
    from: number,
    private readonly to: number,
  ) {
    this.at = from;
  }

  /** @returns false when there is no more */
  next(): boolean {
    const { bytes, to } = this;
    while (this.at < to) {
      const byte = bytes[this.at]!;
      if (byte === QUOTE) {
        if (this.string()) return true;
        continue;
      }
      if (byte === OPEN_BRACE) this.depth++;
      else if (byte === CLOSE_BRACE && --this.depth < this.within) this.within = 0;
      this.at++;
    }
    return false;
  }

  /** Goes past a string. @returns whether it is one of those that are looked for */
  private string(): boolean {
    const { bytes } = this;
    const start = this.at + 1;
    const end = endOfString(bytes, this.at) - 1;
    this.at = end + 1;
    while (bytes[this.at]! <= 0x20) this.at++;
    if (bytes[this.at] === COLON) {
      this.key(keyText(bytes, start, end));
      return false;
    }
    if (this.within === 0) return false;
    // The string was the member's value itself: what follows belongs to others.
    if (this.within > this.depth) this.within = 0;
    this.start = start;
    this.end = end;
    return isData(bytes, start, end);
  }

  private key(name: string): void {
    this.at++;
    const medium = this.within === 0 ? MEDIA.get(name) : undefined;
    if (medium === undefined) return;
    this.medium = medium;
    while (this.bytes[this.at]! <= 0x20) this.at++;
    const byte = this.bytes[this.at];
    // The strings of an object, or the one that is the value.
    if (byte === OPEN_BRACE || byte === QUOTE) this.within = this.depth + 1;
  }
}

function isData(bytes: Buffer, start: number, end: number): boolean {
  if (end - start >= SHORT) return true;
  return URL_BEGINNINGS.some(
    (text) => bytes.compare(text, 0, text.length, start, Math.min(end, start + text.length)) === 0,
  );
}

/** One past the closing quote of the string that opens at `at`. */
function endOfString(bytes: Buffer, at: number): number {
  let quote = at;
  for (;;) {
    quote = bytes.indexOf(QUOTE, quote + 1);
    if (quote < 0) return bytes.length;
    let backslashes = 0;
    while (bytes[quote - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
}

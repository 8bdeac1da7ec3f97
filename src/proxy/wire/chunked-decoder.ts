import { ResponseSyntaxError } from './response-head.js';

const enum State {
  /** At the first digit of a chunk size. */
  SizeStart,
  Size,
  Extension,
  SizeLineFeed,
  Data,
  DataReturn,
  DataLineFeed,
  /** At the start of a trailer line or of the empty line that ends the message. */
  TrailerStart,
  Trailer,
  TrailerLineFeed,
  EndLineFeed,
  Done,
}

const CR = 0x0d;
const LF = 0x0a;
const SEMICOLON = 0x3b;
const MAX_SIZE_DIGITS = 12;
const MAX_EXTENSION_BYTES = 16 * 1024;
const MAX_TRAILER_BYTES = 64 * 1024;
/** Names with or without a value, which is a token or a quoted string (RFC 9112 §7.1.1). */
const EXTENSIONS =
  /^(?:[\t ]*;[\t ]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:[\t ]*=[\t ]*(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"(?:[^"\\]|\\.)*"))?)+$/;
/** Fields that frame or route a message mean nothing behind it, or worse (RFC 9110 §6.5.1). */
const NO_TRAILER = /^(?:content-length|transfer-encoding|connection|trailer|host|set-cookie):/i;
const TRAILER_LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/;

const HEX = new Int8Array(256).fill(-1);
for (let digit = 0; digit < 16; digit++) {
  HEX[digit.toString(16).charCodeAt(0)] = digit;
  HEX[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

/**
 * Walks the framing of a chunked body (RFC 9112 §7.1) and tells where its payload lies.
 *
 * Strict: sizes are plain hex digits, lines end in CRLF, extensions have the form of extensions (and
 * are skipped), trailer fields that of fields.
 */
export class ChunkedDecoder {
  done = false;
  /** Trailer lines as sent, each with its CRLF. */
  trailers = '';

  private state: State = State.SizeStart;
  /** Bytes missing from the current chunk. */
  private size = 0;
  private digits = 0;
  /** The extensions of a chunk, or a trailer, as far as they came. */
  private line = '';

  reset(): void {
    this.done = false;
    this.trailers = '';
    this.state = State.SizeStart;
    this.size = 0;
    this.digits = 0;
    this.line = '';
  }

  /**
   * @param from where to begin, @param end one past the last byte to read
   * @param spans gets the payload's offsets appended: start, end, start, end …
   * @returns one past the last byte that belongs to the body
   * @throws ResponseSyntaxError
   */
  execute(bytes: Buffer, from: number, end: number, spans: number[]): number {
    let at = from;
    while (at < end && this.state !== State.Done) {
      if (this.state === State.Data) {
        const to = Math.min(end, at + this.size);
        spans.push(at, to);
        this.size -= to - at;
        at = to;
        if (this.size === 0) this.state = State.DataReturn;
      } else {
        this.step(bytes[at]!);
        at++;
      }
    }
    return at;
  }

  private step(byte: number): void {
    switch (this.state) {
      case State.SizeStart:
      case State.Size:
        return this.sizeByte(byte);
      case State.Extension:
        return this.extensionByte(byte);
      case State.SizeLineFeed:
        demand(byte === LF, 'bad chunk size line');
        this.digits = 0;
        this.state = this.size === 0 ? State.TrailerStart : State.Data;
        return;
      case State.DataReturn:
        demand(byte === CR, 'bad end of chunk');
        this.state = State.DataLineFeed;
        return;
      case State.DataLineFeed:
        demand(byte === LF, 'bad end of chunk');
        this.state = State.SizeStart;
        return;
      default:
        return this.trailerByte(byte);
    }
  }

  private sizeByte(byte: number): void {
    const digit = HEX[byte]!;
    if (digit >= 0) {
      demand(++this.digits <= MAX_SIZE_DIGITS, 'chunk size too large');
      this.size = this.size * 16 + digit;
      this.state = State.Size;
      return;
    }
    demand(this.state === State.Size, 'bad chunk size');
    if (byte === CR) this.state = State.SizeLineFeed;
    else {
      demand(byte === SEMICOLON, 'bad chunk size');
      this.line = ';';
      this.state = State.Extension;
    }
  }

  private extensionByte(byte: number): void {
    if (byte === CR) {
      demand(EXTENSIONS.test(this.line), 'bad chunk extension');
      this.line = '';
      this.state = State.SizeLineFeed;
      return;
    }
    demand(byte >= 0x20 || byte === 0x09, 'bad chunk extension');
    demand(byte !== 0x7f, 'bad chunk extension');
    this.line += String.fromCharCode(byte);
    demand(this.line.length <= MAX_EXTENSION_BYTES, 'chunk extensions too large');
  }

  private trailerByte(byte: number): void {
    if (this.state === State.EndLineFeed) {
      demand(byte === LF, 'bad end of body');
      this.state = State.Done;
      this.done = true;
    } else if (this.state === State.TrailerLineFeed) {
      demand(byte === LF && TRAILER_LINE.test(this.line), 'bad trailer');
      if (!NO_TRAILER.test(this.line)) this.trailers += `${this.line}\r\n`;
      this.line = '';
      this.state = State.TrailerStart;
    } else if (byte === CR) {
      this.state = this.state === State.TrailerStart ? State.EndLineFeed : State.TrailerLineFeed;
    } else {
      demand(byte !== LF, 'bad trailer');
      this.line += String.fromCharCode(byte);
      this.state = State.Trailer;
      demand(this.line.length + this.trailers.length <= MAX_TRAILER_BYTES, 'trailers too large');
    }
  }
}

function demand(condition: boolean, message: string): void {
  if (!condition) throw new ResponseSyntaxError(message);
}

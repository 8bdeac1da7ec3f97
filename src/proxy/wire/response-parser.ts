import { HeldBytes } from '../../openai/held-bytes.js';
import { ChunkedDecoder } from './chunked-decoder.js';
import { parseResponseHead, ResponseSyntaxError, type ResponseHead } from './response-head.js';

const CR = 0x0d;
const LF = 0x0a;
const HEAD_END = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);
const MAX_HEAD_BYTES = 1024 * 1024;
const MAX_INTERIM_ANSWERS = 100;

/** What one read from the engine brought. */
export interface ParsedRead {
  /** The bytes that `spans` count in: those just read, or a copy when a head came in pieces. */
  bytes: Buffer;
  /** One past the last byte read. */
  end: number;
  /** Payload without framing, as start, end, start, end … */
  readonly spans: number[];
  /** The head of the final answer, in the read that completed it. */
  head: ResponseHead | undefined;
  /** Heads of 1xx answers in this read. */
  readonly interim: ResponseHead[];
  /** The message is complete. */
  done: boolean;
  /** Trailer fields as sent, each line with its CRLF; complete together with the message. */
  trailers: string;
  /** Bytes came after the end of the message: the connection must not be used again. */
  surplus: boolean;
}

/**
 * Reads one HTTP/1 answer a time from a connection, strictly (see {@link parseResponseHead}).
 *
 * It copies nothing: payload is told as offsets into the bytes that were read. One {@link
 * ParsedRead} is reused for all reads, so a receiver takes what it needs before it returns.
 */
export class ResponseParser {
  private readonly read: ParsedRead = {
    bytes: NOTHING,
    end: 0,
    spans: [],
    head: undefined,
    interim: [],
    done: false,
    trailers: '',
    surplus: false,
  };
  private readonly chunked = new ChunkedDecoder();
  /** A head that is not complete yet, and how much of it was looked at. */
  private pendingHead: HeldBytes | undefined;
  private scanned = 0;
  private head: ResponseHead | undefined;
  /** Bytes missing from a body of known length. */
  private missing = 0;
  private interimCount = 0;
  private toHead = false;

  /** Whether the final head was read. */
  get hasHead(): boolean {
    return this.head !== undefined;
  }

  /** Makes ready for the answer to the next request. */
  expect(toHead: boolean): void {
    this.toHead = toHead;
    this.head = undefined;
    this.pendingHead = undefined;
    this.interimCount = 0;
    this.missing = 0;
    this.read.done = false;
    this.read.surplus = false;
    this.read.trailers = '';
  }

  /**
   * @param bytes as they came from the socket; may be reused by the caller after the call
   * @param end one past the last byte read
   * @returns what they mean; valid until the next call
   * @throws ResponseSyntaxError
   */
  execute(bytes: Buffer, end = bytes.length): ParsedRead {
    const { read } = this;
    read.bytes = bytes;
    read.end = end;
    read.spans.length = 0;
    read.head = undefined;
    if (read.interim.length > 0) read.interim.length = 0;
    if (read.done) {
      read.surplus = true;
      return read;
    }
    let at = 0;
    while (this.head === undefined) {
      at = this.readHead(at);
      if (at < 0) return read;
    }
    this.readBody(at);
    return read;
  }

  /**
   * The engine has closed its side.
   *
   * @returns the last read when that completes the message (its body ran until the close)
   */
  close(): ParsedRead | undefined {
    const { read } = this;
    if (this.head?.framing.kind !== 'until-close' || read.done) return undefined;
    read.bytes = NOTHING;
    read.end = 0;
    read.spans.length = 0;
    read.head = undefined;
    read.done = true;
    return read;
  }

  /** @returns the offset behind the head, or -1 when it is not complete yet */
  private readHead(from: number): number {
    const { read } = this;
    const held = this.pendingHead;
    if (held) {
      held.append(read.bytes, from, read.end);
      read.bytes = held.bytes;
      read.end = held.length;
      from = 0;
    }
    // Some servers (aiohttp) put an empty line between a 1xx answer and the final one.
    const start = this.beginsWithEmptyLine(from) ? from + 2 : from;
    const scanned = held ? this.scanned : start;
    // Its end may have begun in the bytes before.
    const found = read.bytes.indexOf(HEAD_END, Math.max(start, scanned - HEAD_END.length + 1));
    const end = found < 0 || found > read.end - HEAD_END.length ? -1 : found;
    const size = (end < 0 ? read.end : end) - start;
    if (size > MAX_HEAD_BYTES) throw new ResponseSyntaxError('the head is too large');
    if (end < 0) {
      this.refuseBareLf(start, Math.max(start, scanned));
      if (from < read.end) this.holdHead(from);
      return -1;
    }
    this.pendingHead = undefined;
    const head = parseResponseHead(read.bytes.toString('latin1', start, end), this.toHead);
    if (head.statusCode >= 200) {
      this.begin(head);
    } else {
      if (head.statusCode === 101) throw new ResponseSyntaxError('unasked 101');
      if (++this.interimCount > MAX_INTERIM_ANSWERS) throw new ResponseSyntaxError('too many 1xx');
      read.interim.push(head);
    }
    return end + HEAD_END.length;
  }

  private holdHead(from: number): void {
    const { read } = this;
    if (!this.pendingHead) {
      this.pendingHead = new HeldBytes();
      this.pendingHead.append(read.bytes, from, read.end);
    }
    this.scanned = this.pendingHead.length;
  }

  /**
   * No head in which a line ends without CR can become valid: it is refused before it is complete.
   *
   * @param start of the head, @param from where to begin to look
   */
  private refuseBareLf(start: number, from: number): void {
    const { bytes, end } = this.read;
    for (let at = bytes.indexOf(LF, from); at >= 0 && at < end; at = bytes.indexOf(LF, at + 1)) {
      if (at === start || bytes[at - 1] !== CR)
        throw new ResponseSyntaxError('a line does not end in CRLF');
    }
  }

  private beginsWithEmptyLine(at: number): boolean {
    const { bytes, end } = this.read;
    return at + 1 < end && bytes[at] === CR && bytes[at + 1] === LF;
  }

  private begin(head: ResponseHead): void {
    this.head = head;
    this.read.head = head;
    if (head.framing.kind === 'length') this.missing = head.framing.length;
    if (head.framing.kind === 'chunked') this.chunked.reset();
  }

  private readBody(from: number): void {
    const { read } = this;
    const { end } = read;
    let at = from;
    switch (this.head!.framing.kind) {
      case 'none':
        read.done = true;
        break;
      case 'length':
        at = Math.min(end, from + this.missing);
        if (at > from) read.spans.push(from, at);
        this.missing -= at - from;
        read.done = this.missing === 0;
        break;
      case 'chunked':
        at = this.chunked.execute(read.bytes, from, end, read.spans);
        read.done = this.chunked.done;
        read.trailers = this.chunked.trailers;
        break;
      case 'until-close':
        if (end > from) read.spans.push(from, end);
        at = end;
    }
    read.surplus = read.done && at < end;
  }
}

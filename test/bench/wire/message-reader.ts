import { ChunkWalker } from './chunk-walker.js';

/** What a {@link MessageReader} reports; `body` gets data without chunk framing. */
export interface MessageObserver {
  /** The head as latin1 text, from the start line to the last header, without the blank line. */
  head(head: string): void;
  body(buffer: Buffer, start: number, end: number): void;
  end(): void;
}

type State = 'head' | 'length' | 'chunked' | 'close';

const HEAD_END = Buffer.from('\r\n\r\n');
const EMPTY = Buffer.alloc(0);

/**
 * Reads the HTTP/1.1 messages of one connection, one after the other, with as little work as
 * possible. `isRequest` decides what a message without a length means: no body for a request, a body
 * up to the end of the connection for a response.
 */
export class MessageReader {
  private state: State = 'head';
  private pending: Buffer = EMPTY;
  private remaining = 0;
  private readonly chunks = new ChunkWalker();

  private readonly isRequest: boolean;
  private readonly observer: MessageObserver;

  constructor(isRequest: boolean, observer: MessageObserver) {
    this.isRequest = isRequest;
    this.observer = observer;
  }

  /** Takes the next bytes of the connection. */
  push(buffer: Buffer): void {
    let at = 0;
    let input = buffer;
    while (at < input.length) {
      if (this.state === 'head') {
        if (this.pending.length > 0) {
          input = Buffer.concat([this.pending, input.subarray(at)]);
          at = 0;
          this.pending = EMPTY;
        }
        const end = input.indexOf(HEAD_END, at);
        if (end < 0) {
          this.pending = Buffer.from(input.subarray(at));
          return;
        }
        this.readHead(input.toString('latin1', at, end));
        at = end + HEAD_END.length;
      } else at = this.readBody(input, at);
    }
  }

  /** Tells the reader that the peer has closed: ends a body that has no other end. */
  close(): void {
    if (this.state === 'close') this.finish();
  }

  private readHead(head: string): void {
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    this.observer.head(head);
    if (length) {
      this.remaining = Number(length[1]);
      if (this.remaining === 0) this.finish();
      else this.state = 'length';
    } else if (/\r\ntransfer-encoding: *chunked/i.test(head)) this.state = 'chunked';
    else if (this.isRequest) this.finish();
    else this.state = 'close';
  }

  private readBody(input: Buffer, at: number): number {
    if (this.state === 'chunked') {
      const end = this.chunks.walk(input, at, (from, to) => this.observer.body(input, from, to));
      if (end < 0) return input.length;
      this.finish();
      return end;
    }
    const run =
      this.state === 'close' ? input.length - at : Math.min(this.remaining, input.length - at);
    this.observer.body(input, at, at + run);
    if (this.state === 'length') {
      this.remaining -= run;
      if (this.remaining === 0) this.finish();
    }
    return at + run;
  }

  private finish(): void {
    this.state = 'head';
    this.observer.end();
  }
}

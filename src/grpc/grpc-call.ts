import { constants, type ServerHttp2Stream } from 'node:http2';
import { ProxyError } from '../errors/proxy.error.js';
import type { BufferBudget } from '../proxy/buffer-budget.js';
import { ACCEPTED_ENCODINGS } from './message-encoding.js';
import type { MessageSplitter } from './message-splitter.js';
import { GrpcError, GrpcStatus, STATUS_NAMES } from './status.js';

/** What becomes of a call, told to whoever serves it. Each is called in a turn of its own, and none after the end. */
export interface CallHandler {
  /** A message has come; its bytes are a view, and stay as they are. */
  message(bytes: Buffer): void;
  /** The caller has no more messages. */
  ended(): void;
  /** The caller is gone, or broke the protocol: nothing can be sent any more. Not after {@link GrpcCall.finish}. */
  gone(): void;
  /** There is no room for a message: it ends the call. Where nobody says how, that is with RESOURCE_EXHAUSTED. */
  overflowed?(error: ProxyError): void;
}

/** What calls of a server have in common. */
export interface CallOptions {
  /** Of one message. */
  readonly mostBytes: number;
  /** The memory that messages share of which a part is here. */
  readonly budget: BufferBudget;
  /** An error that nobody expected, in serving a call of that path. */
  readonly failed: (error: unknown, path: string) => void;
}

/** One call from its first message to its status: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
export class GrpcCall {
  private handler: CallHandler | undefined;
  private status: GrpcStatus = GrpcStatus.ok;
  private detail = '';
  private isOver = false;
  /** Bytes of the budget that are ours. */
  private counted = 0;
  private closed: ((code: string) => void) | undefined;

  /**
   * @param path of the method, `/package.Service/Method`
   * @param splitter finds its messages
   */
  constructor(
    private readonly stream: ServerHttp2Stream,
    readonly path: string,
    private readonly splitter: MessageSplitter,
    private readonly options: CallOptions,
  ) {
    stream.on('wantTrailers', () => this.close());
    stream.on('error', () => undefined);
    stream.on('close', () => this.left());
    stream.on('drain', () => stream.resume());
  }

  /** @param callback gets the name of the status when nothing of the call is left */
  whenClosed(callback: (code: string) => void): void {
    this.closed = callback;
  }

  /** Messages are handed to `handler` from now on. */
  serve(handler: CallHandler): void {
    this.handler = handler;
    const message = (bytes: Buffer): void => {
      // It is the handler's from now on.
      this.count();
      if (!this.isOver) handler.message(bytes);
    };
    const read = (piece: Buffer): void => {
      this.splitter.push(piece, message);
      try {
        this.count();
      } catch (error) {
        this.overflowed(error);
      }
    };
    this.stream.on('data', (piece: Buffer) => {
      // The rest of a call that is over only makes room for others.
      if (!this.isOver) this.guarded(() => read(piece));
    });
    this.stream.on('end', () => {
      // A stream that was reset ends too; it is told as gone.
      if (!this.isOver && !this.stream.aborted) this.guarded(() => this.allSent(handler));
    });
  }

  /**
   * Sends a message. While the caller does not read, none of its messages are read either.
   *
   * @param framed the message behind its frame of five bytes, or the beginning of it
   * @param rest of it
   * @param taken called when the memory of `rest` is no longer needed; never where the connection breaks before
   */
  send(framed: Buffer, rest?: Buffer, taken?: () => void): void {
    if (this.isOver || this.stream.destroyed) return;
    this.begin();
    let hasRoom: boolean;
    if (rest) {
      this.stream.cork();
      this.stream.write(framed);
      hasRoom = this.stream.write(rest, taken);
      this.stream.uncork();
    } else hasRoom = this.stream.write(framed);
    if (!hasRoom) this.stream.pause();
  }

  /** What is sent until as many calls of {@link uncork} leaves together. */
  cork(): void {
    this.stream.cork();
  }

  uncork(): void {
    this.stream.uncork();
  }

  /** Some of what was sent has not left yet. */
  get isBehind(): boolean {
    return this.stream.writableNeedDrain;
  }

  /** @param callback once, when all that was sent so far has left; never where the call breaks before */
  whenSent(callback: () => void): void {
    this.stream.once('drain', callback);
  }

  /** Ends the call; what the caller still sends is not looked at. */
  finish(status: GrpcStatus = GrpcStatus.ok, detail = ''): void {
    if (this.isOver) return;
    this.isOver = true;
    this.status = status;
    this.detail = detail;
    this.begin();
    this.stream.end();
    // What it still sends would fill the window of the connection.
    this.stream.resume();
  }

  /** Ends the call with the status of a {@link GrpcError}; any other error is one of ours, and is reported. */
  fail(error: unknown): void {
    const known = error instanceof GrpcError ? error : undefined;
    if (!known) this.options.failed(error, this.path);
    const { handler } = this;
    const wasOver = this.isOver;
    this.finish(known?.status ?? GrpcStatus.internal, known?.message ?? OURS);
    if (!wasOver) handler?.gone();
  }

  /** Nothing of the call was done, and it may be sent to another server: RFC 9113, section 8.7. Before anything is sent. */
  refuse(): void {
    this.isOver = true;
    this.status = GrpcStatus.unavailable;
    this.stream.close(constants.NGHTTP2_REFUSED_STREAM);
  }

  /** Cuts the call: the caller sees that it is broken. */
  cut(): void {
    this.stream.close(constants.NGHTTP2_CANCEL);
  }

  /** Not before there is something to say: until the head is sent a proxy may turn to another server. */
  private begin(): void {
    const { stream } = this;
    if (!stream.headersSent && !stream.destroyed) stream.respond(HEAD, { waitForTrailers: true });
  }

  private allSent(handler: CallHandler): void {
    if (this.splitter.isWithin) {
      throw new GrpcError(GrpcStatus.internal, 'the call ended within a message');
    }
    handler.ended();
  }

  /** What is here of a message takes memory as whole ones do. */
  private count(): void {
    const more = this.splitter.held - this.counted;
    if (more === 0) return;
    if (more < 0) this.options.budget.give(-more);
    else this.options.budget.take(more, this.counted);
    this.counted += more;
  }

  /** @throws whatever it cannot deal with */
  private overflowed(error: unknown): void {
    if (!(error instanceof ProxyError)) throw error;
    if (this.handler?.overflowed) return this.handler.overflowed(error);
    throw new GrpcError(GrpcStatus.resourceExhausted, error.row.message);
  }

  private left(): void {
    this.options.budget.give(this.counted);
    this.counted = 0;
    if (!this.isOver) {
      this.isOver = true;
      this.status = GrpcStatus.cancelled;
      this.handler?.gone();
    }
    this.closed?.(STATUS_NAMES[this.status]);
  }

  private guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.fail(error);
    }
  }

  /** All else is sent. A caller that could still speak is told that nobody listens: it need not end the stream. */
  private close(): void {
    const { stream } = this;
    // It may have been reset in between.
    if (stream.closed || stream.destroyed) return;
    stream.sendTrailers(this.trailers());
    if (!stream.readableEnded) this.closeLater();
  }

  /**
   * Callers end a stream of which they have the trailers. A reset that comes before is worse than none: what they have
   * sent meanwhile then is of a stream that is not there, of which HTTP/2 libraries bear only so much on a connection
   * (nghttp2 ends it after ten thousand times), and it would take the place of trailers that are not written yet.
   */
  private closeLater(): void {
    const { stream } = this;
    const timer = setTimeout(() => {
      if (stream.session?.state.outboundQueueSize === 0) stream.close(constants.NGHTTP2_NO_ERROR);
      else this.closeLater();
    }, CALLER_ENDS_MS).unref();
    stream.once('close', () => clearTimeout(timer));
  }

  private trailers(): Record<string, string> {
    const trailers: Record<string, string> = { 'grpc-status': String(this.status) };
    if (this.detail !== '') trailers['grpc-message'] = percentEncoded(this.detail);
    return trailers;
  }
}

/** How long, in milliseconds, a caller may take to end a stream that is over. */
const CALLER_ENDS_MS = 1000;
const OURS = 'an error of the server, see its log';
const HEAD = {
  ':status': 200,
  'content-type': 'application/grpc',
  'grpc-accept-encoding': ACCEPTED_ENCODINGS,
};

/** Of `grpc-message` all but printable ASCII is encoded, and the percent sign: "Responses" of gRPC's protocol. */
function percentEncoded(text: string): string {
  return text.toWellFormed().replaceAll(/[^\x20-\x24\x26-\x7e]+/g, encodeURIComponent);
}

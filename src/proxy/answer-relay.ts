import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { mediaTypeOf } from '../openai/media-type.js';
import type { PayloadTransform } from '../openai/payload-transform.js';
import type { Exchange } from './exchange.js';
import { contentTypeOf } from './content-type.js';
import { isPooled, releaseFrame, takeFrame } from './frame-pool.js';
import type { UpstreamError } from './upstream-error.js';
import type { AnswerReceiver, UpstreamCall } from './upstream.service.js';
import type { ParsedRead } from './wire/response-parser.js';
import type { ResponseHead } from './wire/response-head.js';

const NOTHING = Buffer.alloc(0);
/** Bytes waiting for a slow client below which the engine is read again. */
const RESUME_BELOW = 16 * 1024;
/** A first piece up to here goes out together with the head. */
const JOIN_BELOW = 8 * 1024;
const CRLF = '\r\n';
const LAST_CHUNK = '0\r\n';

/** How a relay ended, told once. */
export interface RelayEnd {
  /**
   * The whole answer was handed to the client's connection.
   *
   * @param refused it is a refusal instead, of which the client got nothing: the caller goes on otherwise
   */
  onComplete(refused: boolean): void;
  /** No byte was sent to the client yet: the caller answers. */
  onFailureBeforeHead(error: UpstreamError): void;
  /** The client has a part of an answer that will never be whole: its connection is cut already. */
  onCut(error: UpstreamError): void;
}

/**
 * Passes one answer from an engine to the client, each read as it comes.
 *
 * Payload is copied once, out of the shared read buffer into a frame of our own that goes to the
 * client's socket as it is. Chunks are framed anew, so an engine's framing never reaches a client.
 */
export class AnswerRelay implements AnswerReceiver {
  /** Set by the owner right after the request was started. */
  call!: UpstreamCall;
  private head: ResponseHead | undefined;
  private transform: PayloadTransform | undefined;
  private headSent = false;
  private chunked = false;
  private paused = false;
  /** Large frames are used again. */
  private pooled = false;
  /** A piece of the body was handed to the client's connection. */
  private started = false;
  private readonly response: ServerResponse;

  /**
   * @param transformFor changes the answer, where it can
   */
  constructor(
    private readonly exchange: Exchange,
    private readonly end: RelayEnd,
    private readonly transformFor?: (head: ResponseHead) => PayloadTransform | undefined,
  ) {
    this.response = exchange.response;
  }

  onRead(read: ParsedRead): void {
    if (read.interim.length > 0 && !this.headSent) this.passInterim(read.interim);
    if (read.head) this.begin(read.head);
    if (read.spans.length > 0) this.payload(read);
    else if (read.done) this.finish(NOTHING, read.trailers);
    else if (read.head && this.headSent) this.response.flushHeaders();
  }

  onFailure(error: UpstreamError): void {
    if (!this.headSent) return this.end.onFailureBeforeHead(error);
    this.cut(this.lastWords());
    this.end.onCut(error);
  }

  /**
   * Leaves the engine before its answer is whole; the owner is not called back.
   *
   * @returns whether the client has nothing of the answer, so that it can get another one; else its connection is cut
   */
  abandon(): boolean {
    this.call.abort();
    if (this.headSent) this.cut();
    return !this.headSent;
  }

  /** An event more, where the answer is a stream of them that the client knows the end of. */
  private lastWords(): string | undefined {
    const { lastWords } = this.exchange;
    if (lastWords === undefined || !this.head) return undefined;
    if (!this.chunked && this.head.framing.kind === 'length') return undefined;
    const type = contentTypeOf(this.head);
    return type !== undefined && mediaTypeOf(type) === 'text/event-stream'
      ? lastWords()
      : undefined;
  }

  private cut(words?: string): void {
    if (words !== undefined) {
      const frame = `${Buffer.byteLength(words).toString(16)}${CRLF}${words}${CRLF}`;
      this.response.write(this.chunked ? frame : words, () => this.response.destroy());
      return;
    }
    // Never end what is not complete: the client must see the cut (no last chunk, a short body).
    const { socket } = this.response;
    if (this.chunked || !canReset(socket)) this.response.destroy();
    else socket.resetAndDestroy();
  }

  /** The client's socket took what it was given: go on reading from the engine. */
  private onWritten(frame?: Buffer): void {
    if (frame) releaseFrame(frame);
    // Not 'drain': behind an answer that is still to come on the same connection it may never fire.
    if (!this.paused || this.response.writableLength > RESUME_BELOW) return;
    this.paused = false;
    this.call.resume();
  }

  private passInterim(heads: readonly ResponseHead[]): void {
    // RFC 9110 §15.2: an HTTP/1.0 client would take one for its answer.
    if (this.exchange.request.httpVersionMinor === 0) return;
    for (const head of heads) {
      if (head.statusCode === 102) this.response.writeProcessing();
      const links = head.headers.filter((_, i) => i % 2 === 1 && isLink(head.headers[i - 1]!));
      if (head.statusCode === 103 && links.length > 0) sendHints(this.response, links);
    }
  }

  private begin(head: ResponseHead): void {
    this.head = head;
    this.transform = head.framing.kind === 'none' ? undefined : this.transformFor?.(head);
    if (this.transform?.refused === undefined) this.exchange.releaseBody();
    if (!this.transform?.whole) this.sendHead(undefined);
  }

  /** @param length of the body where it is known better than the engine said */
  private sendHead(length: number | undefined): void {
    const { statusCode, reason, headers, framing } = this.head!;
    if (this.transform?.refused !== undefined) this.stands();
    const fields: string[] = [];
    const dropLength = this.transform !== undefined && !this.transform.keepsLength;
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i]!;
      if (name.length === 12 && name.toLowerCase() === 'x-request-id') continue;
      if (dropLength && name.length === 14 && name.toLowerCase() === 'content-length') continue;
      fields.push(name, headers[i + 1]!);
    }
    fields.push('X-Request-Id', this.exchange.facts.requestId);
    const hasLength = framing.kind === 'length' && !dropLength;
    const modern = this.exchange.request.httpVersionMinor > 0;
    if (length !== undefined && !hasLength) fields.push('Content-Length', String(length));
    else if (framing.kind !== 'none' && !hasLength && modern) {
      this.chunked = true;
      fields.push('Transfer-Encoding', 'chunked');
    }
    this.response.writeHead(statusCode, reason, fields);
    // The frames are ours: Node must not wrap them in chunks again.
    this.response.chunkedEncoding = false;
    this.headSent = true;
    // Only where the kernel alone gets to see them: HTTP/2 and TLS pass them on.
    this.pooled = isPlain(this.response.socket);
  }

  /** The answer that might have been a refusal is none. */
  private stands(): void {
    const { exchange } = this;
    exchange.releaseBody();
    exchange.timings.firstByte = performance.now() - exchange.startedAt;
  }

  private payload(read: ParsedRead): void {
    const { exchange } = this;
    exchange.timings.firstByte ??= performance.now() - exchange.startedAt;
    const { spans } = read;
    let size = 0;
    for (let i = 0; i < spans.length; i += 2) size += spans[i + 1]! - spans[i]!;

    const tail = read.done ? this.lastChunk(read.trailers) : '';
    const pooled = this.pooled && !read.done;
    const frame = this.frame(size, tail, pooled);
    let at = frame.start;
    for (let i = 0; i < spans.length; i += 2) {
      at += read.bytes.copy(frame.bytes, at, spans[i], spans[i + 1]);
    }
    if (!this.transform) {
      exchange.responseBytes += size;
      if (read.done) return this.complete(frame.bytes);
      return this.write(frame.bytes);
    }
    const payload = frame.bytes.subarray(frame.start, at);
    const output = this.transform.push(payload);
    if (read.done) return this.finish(output, read.trailers);
    if (output === payload) {
      exchange.responseBytes += size;
      return this.write(frame.bytes);
    }
    if (this.transform.refused) {
      this.call.abort();
      return this.end.onComplete(true);
    }
    // The transform gave up waiting for the whole body.
    if (output.length > 0 && !this.headSent) this.sendHead(undefined);
    if (output.length > 0) this.send(output);
    else if (read.head && this.headSent) this.response.flushHeaders();
    if (pooled) releaseFrame(frame.bytes);
  }

  /** The message is complete; `output` is what goes out of the last read. */
  private finish(output: Buffer, trailers: string): void {
    const rest = this.transform?.end() ?? NOTHING;
    if (this.transform?.refused) return this.end.onComplete(true);
    const all = rest.length === 0 ? output : Buffer.concat([output, rest]);
    if (!this.headSent) this.sendHead(all.length);
    this.exchange.responseBytes += all.length;
    if (all.length === 0) return this.complete(Buffer.from(this.lastChunk(trailers), 'latin1'));
    if (!this.chunked) return this.complete(all);
    const frame = this.frame(all.length, this.lastChunk(trailers));
    all.copy(frame.bytes, frame.start);
    this.complete(frame.bytes);
  }

  private send(output: Buffer): void {
    this.exchange.responseBytes += output.length;
    const frame = this.frame(output.length, '', this.pooled);
    output.copy(frame.bytes, frame.start);
    this.write(frame.bytes);
  }

  /** Room for `size` bytes of payload, with the framing around it written already. */
  private frame(size: number, tail: string, pooled = false): { bytes: Buffer; start: number } {
    const take = pooled ? takeFrame : Buffer.allocUnsafe;
    if (!this.chunked) return { bytes: take(size), start: 0 };
    const opening = size.toString(16) + CRLF;
    const start = opening.length;
    const bytes = take(start + size + CRLF.length + tail.length);
    bytes.write(opening, 0, 'latin1');
    bytes.write(CRLF + tail, start + size, 'latin1');
    return { bytes, start };
  }

  private lastChunk(trailers: string): string {
    return this.chunked ? `${LAST_CHUNK}${trailers}${CRLF}` : '';
  }

  private write(bytes: Buffer): void {
    // A function a write: one bound for the whole answer kept the request's objects alive through
    // young-generation collections, at a fifth of all CPU (docs/performance.md).
    const written =
      this.pooled && isPooled(bytes.length)
        ? (): void => this.onWritten(bytes)
        : (): void => this.onWritten();
    const more = this.isFirst(bytes)
      ? this.response.write(bytes.toString('latin1'), 'latin1', written)
      : this.response.write(bytes, written);
    if (more || this.paused) return;
    this.paused = true;
    this.call.pause();
  }

  private complete(bytes: Buffer): void {
    if (bytes.length === 0) this.response.end();
    else if (this.isFirst(bytes)) this.response.end(bytes.toString('latin1'), 'latin1');
    else this.response.end(bytes);
    this.end.onComplete(false);
  }

  /** Node joins the head with a first piece that is a string: one packet and one system call less. */
  private isFirst(bytes: Buffer): boolean {
    const first = !this.started;
    this.started = true;
    return first && bytes.length <= JOIN_BELOW;
  }
}

/** It is a TCP connection: not TLS, nor the inner end of an HTTP/2 stream. */
function isPlain(socket: Socket | null): socket is Socket {
  return socket instanceof Socket && !(socket instanceof TLSSocket);
}

/** Node throws where there is no TCP connection, and leaks the descriptor of one that is being shut down. */
function canReset(socket: Socket | null): socket is Socket {
  return isPlain(socket) && !socket.writableEnded;
}

function sendHints(response: ServerResponse, link: string[]): void {
  try {
    response.writeEarlyHints({ link });
  } catch {
    // Node throws at spellings of Link that it does not know; a hint may be left out.
  }
}

function isLink(name: string): boolean {
  return name.toLowerCase() === 'link';
}

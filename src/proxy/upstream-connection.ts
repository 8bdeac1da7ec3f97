import { connect, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { connectTls } from '../tls/client-tls.js';
import { isTlsError } from '../tls/tls-error.js';
import { byteLength, type BodySlices } from '../openai/json-splice.js';
import type { BodyMemory } from './body-memory.js';
import type { Origin } from './origin.js';
import { isStreamed, type RequestBody } from './request-body.js';
import { UpstreamError, type UpstreamFailure } from './upstream-error.js';
import { ResponseParser, type ParsedRead } from './wire/response-parser.js';

/**
 * All plain connections read into this one buffer: a read is handled whole before the next one
 * starts, and a buffer a connection would cost 64 KiB for each waiting stream.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/** Engines close connections idle for 5 s (uvicorn); one used later than this may be gone. */
const DEFAULT_IDLE_LIMIT_MS = 4000;

/** Up to here joining is cheaper than handing many pieces to the kernel. */
const JOIN_BELOW = 16 * 1024;

/** What one request sends and who takes its answer. */
export interface ConnectionCall {
  /** Request line, fields and the empty line, in latin1. */
  readonly head: string;
  readonly body: RequestBody;
  readonly memory: BodyMemory | undefined;
  readonly toHead: boolean;
  /** The connection is there and the request is on its way. */
  onSent(): void;
  /** Called for each read, synchronously; `read` is valid only during the call. */
  onRead(read: ParsedRead): void;
  /** Exactly once, unless a read was `done` or the call was aborted. */
  onFailure(error: UpstreamError): void;
}

/** Where a connection goes when its answer is complete and it may be used again. */
export type ConnectionReleased = (connection: UpstreamConnection) => void;

/** One connection to an engine: sends a request, reads the answer, then waits for the next. */
export class UpstreamConnection {
  /** Whether it waited for the request that it has: its engine may have closed it meanwhile. */
  waited = false;
  /** Whether an answer was read from it before. */
  reused = false;
  /** `performance.now()` up to which it may be taken from the pool. */
  usableUntil = 0;
  /** Milliseconds that it was idle before the request that it has. */
  idled = 0;
  /** `performance.now()` when it was given that request. */
  takenAt = 0;
  /** No byte of that request left: it had been closed before. */
  unsent = false;

  private readonly socket: Socket | TLSSocket;
  private readonly parser = new ResponseParser();
  private call: ConnectionCall | undefined;
  private detachBody: (() => void) | undefined;
  private ready = false;
  private tcpConnected = false;
  private answered = false;
  private keepAlive = false;
  private idleLimit = DEFAULT_IDLE_LIMIT_MS;
  private failure: unknown;
  private idleSince = 0;

  constructor(
    private readonly origin: Origin,
    address: string,
    private readonly onReleased: ConnectionReleased,
    private readonly onClosed: ConnectionReleased,
  ) {
    this.socket = origin.tls
      ? this.openTls(connectTls(origin.tls, address, origin.port))
      : this.openPlain(address);
    this.socket.on('connect', () => {
      this.tcpConnected = true;
    });
    this.socket.on('error', (error) => {
      this.failure = error;
    });
    this.socket.on('end', () => this.onEnd());
    this.socket.on('close', () => this.onClose());
  }

  /** Whether a byte of the answer came. */
  get hasAnswer(): boolean {
    return this.answered;
  }

  send(call: ConnectionCall): void {
    this.call = call;
    this.takenAt = performance.now();
    this.idled = this.takenAt - this.idleSince;
    this.answered = false;
    this.parser.expect(call.toHead);
    if (this.ready) this.write(call);
    else if (isStreamed(call.body)) this.detachBody = call.body.hold();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Ends the connection so that the engine notices at once; nobody is called back. */
  abort(): void {
    this.forget();
    const { socket } = this;
    // A reset while the other half is being shut down fails, and Node then leaks the descriptor.
    if (this.origin.tls || socket.connecting || socket.writableEnded) socket.destroy();
    else socket.resetAndDestroy();
  }

  private openPlain(address: string): Socket {
    const socket = connect({
      host: address,
      port: this.origin.port,
      noDelay: true,
      onread: {
        buffer: READ_BUFFER,
        callback: (length) => {
          this.onBytes(READ_BUFFER, length);
          return true;
        },
      },
    });
    socket.once('connect', () => this.onReady());
    // Without a reader 'end' is never told.
    socket.resume();
    return socket;
  }

  private openTls(socket: TLSSocket): TLSSocket {
    socket.setNoDelay(true);
    socket.once('secureConnect', () => this.onReady());
    socket.on('data', (bytes: Buffer) => this.onBytes(bytes, bytes.length));
    return socket;
  }

  private onReady(): void {
    this.ready = true;
    if (this.call) this.write(this.call);
    else this.wait();
  }

  private write(call: ConnectionCall): void {
    const { socket } = this;
    const { body } = call;
    if (body === undefined || isStreamed(body)) socket.write(call.head, 'latin1');
    else writeSlices(socket, call.head, body, call.memory);
    // The kernel refused the first write: Node knows that now and tells it later.
    this.unsent = socket.errored !== null;
    if (isStreamed(body) && !this.unsent) this.detachBody = body.attach(socket);
    call.onSent();
  }

  private onBytes(bytes: Buffer, length: number): void {
    const { call } = this;
    // An engine that talks unasked is not to be trusted with a request.
    if (!call) return void this.socket.destroy();
    this.answered = true;
    let read: ParsedRead;
    try {
      read = this.parser.execute(bytes, length);
    } catch (error) {
      return this.fail('protocol', error);
    }
    if (read.head) {
      this.keepAlive = read.head.keepAlive;
      const limit = read.head.idleTimeout;
      // A second below the engine's own limit, so that it is never the first to close.
      if (limit !== undefined) this.idleLimit = Math.max(0, Math.min(limit * 1000 - 1000, 60_000));
    }
    call.onRead(read);
    if (read.done && this.call === call) this.finish(call, read);
  }

  private finish(call: ConnectionCall, read: ParsedRead): void {
    const bodySent = isStreamed(call.body) ? call.body.finished : true;
    const reusable =
      this.keepAlive && !read.surplus && bodySent && this.socket.writableLength === 0;
    this.forget();
    if (!reusable) return void this.socket.destroy();
    this.socket.resume();
    this.reused = true;
    this.wait();
  }

  /** For the next request, or for the first one where it was opened before there was one. */
  private wait(): void {
    this.waited = true;
    this.idleSince = performance.now();
    this.usableUntil = this.idleSince + this.idleLimit;
    this.onReleased(this);
  }

  private onEnd(): void {
    // No request may be sent on it in the moment before it is closed.
    this.usableUntil = 0;
    const read = this.call && this.parser.close();
    if (!read) return;
    const { call } = this;
    this.forget();
    call?.onRead(read);
    this.socket.destroy();
  }

  private onClose(): void {
    if (this.call) this.fail(this.closedBecause(), this.failure);
    this.onClosed(this);
  }

  private closedBecause(): UpstreamFailure {
    if (this.answered) return this.parser.hasHead ? 'truncated' : 'reset';
    // A peer that just goes away in the handshake is a network matter, not one of certificates.
    if (this.origin.tls && isTlsError(this.failure)) return 'tls';
    return this.tcpConnected ? 'reset' : 'connect';
  }

  private fail(failure: UpstreamFailure, cause: unknown): void {
    const { call } = this;
    this.forget();
    this.socket.destroy();
    call?.onFailure(new UpstreamError(failure, this.origin.label, { cause }));
  }

  private forget(): void {
    this.call = undefined;
    this.detachBody?.();
    this.detachBody = undefined;
  }
}

function writeSlices(
  socket: Socket,
  head: string,
  body: BodySlices,
  memory: BodyMemory | undefined,
): void {
  const size = head.length + byteLength(body);
  if (size > JOIN_BELOW) {
    socket.cork();
    socket.write(head, 'latin1');
    const last = body.length - 1;
    for (let i = 0; i < last; i++) socket.write(body[i]!);
    // Called when the kernel has taken all of them, or never will.
    if (last >= 0) socket.write(body[last]!, memory?.hold());
    socket.uncork();
    return;
  }
  const joined = Buffer.allocUnsafe(size);
  let at = joined.write(head, 0, 'latin1');
  for (const slice of body) {
    joined.set(slice, at);
    at += slice.length;
  }
  socket.write(joined);
}

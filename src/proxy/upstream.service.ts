import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { BodyMemory } from './body-memory.js';
import type { Origin } from './origin.js';
import { isStreamed, type RequestBody } from './request-body.js';
import { UpstreamConnection, type ConnectionCall } from './upstream-connection.js';
import { UpstreamError } from './upstream-error.js';
import type { ResponseHead } from './wire/response-head.js';
import type { ParsedRead } from './wire/response-parser.js';

/** Sends requests to engines, and may do something about what is sent and answered. */
export type Requester = Pick<UpstreamService, 'request'>;

const SWEEP_MS = 1000;
/** A connection that was in use a moment ago cannot have been closed for idleness. */
const STALE_AFTER_MS = 50;
/** One that was closed before it was used says so at once; later the engine may have begun to work. */
const STALE_WITHIN_MS = 1000;

/** One request to an engine. */
export interface UpstreamRequest {
  /** Request line, fields and the empty line, in latin1. */
  readonly head: string;
  readonly body: RequestBody;
  /** Of a body in slices: not to be freed before they are written. */
  readonly memory?: BodyMemory | undefined;
  /** The method is HEAD: the answer has no body. */
  readonly toHead: boolean;
  /** Milliseconds until the connection must stand; 0 = no limit. */
  readonly connectTimeout: number;
  /** Milliseconds from sending the request to the answer's head; 0 = no limit. */
  readonly headTimeout: number;
  /**
   * Sending it twice does no harm, so any kept connection that breaks before an answer is replaced; else
   * only one that idled for a while, since the engine may have begun on the others.
   */
  readonly repeatable?: boolean;
}

export type AnswerHead = ResponseHead;
export type AnswerRead = ParsedRead;

/** Takes what an engine answers. */
export interface AnswerReceiver {
  /** The request is on its way; once more where its connection turned out to be closed and was replaced. */
  readonly onSent?: (() => void) | undefined;
  /** Synchronous; `read` is valid only during the call. The last one has `read.done`. */
  onRead(read: AnswerRead): void;
  /** At most once, and never after a read with `done`. */
  onFailure(error: UpstreamError): void;
}

/** A request under way. */
export interface UpstreamCall {
  /** Reads no more from the engine until {@link resume}. */
  pause(): void;
  resume(): void;
  /** Ends it at once; the receiver hears nothing more. */
  abort(): void;
}

/**
 * Sends requests to engines over kept-alive connections.
 *
 * Own sockets instead of an HTTP client: the answer's bytes are seen as they lie in the read buffer
 * and go to the client without a stream in between (docs/performance.md).
 *
 * A connection that idled and then turns out to be closed before a byte of the answer came is
 * replaced once, unseen by the caller: engines close idle connections at any time.
 */
@Injectable()
export class UpstreamService implements OnApplicationShutdown {
  private readonly idle = new Map<string, UpstreamConnection[]>();
  /** Connections that are being opened ahead, by the key of their origin. */
  private readonly preparing = new Map<string, UpstreamConnection>();
  private sweeper: NodeJS.Timeout | undefined;
  private closed = false;

  /** @param maxIdle connections kept for each origin */
  constructor(private readonly maxIdle: number) {}

  request(origin: Origin, request: UpstreamRequest, receiver: AnswerReceiver): UpstreamCall {
    const call = new Call(this, origin, request, receiver);
    call.start(this.takeIdle(origin));
    return call;
  }

  /**
   * Opens a connection for a request that is going to come, where none is kept: the time that it takes passes
   * beside what the request waits for. Failures are left to that request.
   */
  prepare(origin: Origin): void {
    if (this.closed || this.preparing.has(origin.key) || this.idle.get(origin.key)?.length) return;
    this.preparing.set(origin.key, this.open(origin, origin.addresses[0]!));
  }

  /** Requests under way go on, but no connection outlives them. */
  onApplicationShutdown(): void {
    this.closed = true;
    clearInterval(this.sweeper);
    this.sweeper = undefined;
    for (const connections of this.idle.values()) {
      for (const connection of [...connections]) connection.abort();
    }
    this.idle.clear();
    for (const connection of this.preparing.values()) connection.abort();
    this.preparing.clear();
  }

  /** For {@link Call}: a new connection whose pool is this service. */
  open(origin: Origin, address: string): UpstreamConnection {
    return new UpstreamConnection(
      origin,
      address,
      (connection) => this.keep(origin, connection),
      (connection) => this.drop(origin, connection),
    );
  }

  private takeIdle(origin: Origin): UpstreamConnection | undefined {
    const connections = this.idle.get(origin.key);
    const now = performance.now();
    // The one used last is the one least likely to be stale.
    for (let connection = connections?.pop(); connection; connection = connections?.pop()) {
      if (connection.usableUntil > now) return connection;
      connection.abort();
    }
    return undefined;
  }

  private keep(origin: Origin, connection: UpstreamConnection): void {
    this.prepared(origin, connection);
    if (this.closed) return connection.abort();
    let connections = this.idle.get(origin.key);
    if (!connections) this.idle.set(origin.key, (connections = []));
    if (connections.length >= this.maxIdle) return connection.abort();
    connections.push(connection);
    this.sweeper ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
  }

  private drop(origin: Origin, connection: UpstreamConnection): void {
    this.prepared(origin, connection);
    const connections = this.idle.get(origin.key);
    const index = connections?.lastIndexOf(connection) ?? -1;
    if (index >= 0) connections!.splice(index, 1);
  }

  private prepared({ key }: Origin, connection: UpstreamConnection): void {
    if (this.preparing.get(key) === connection) this.preparing.delete(key);
  }

  private sweep(): void {
    const now = performance.now();
    for (const [key, connections] of this.idle) {
      for (const connection of connections.filter((one) => one.usableUntil <= now)) {
        connections.splice(connections.indexOf(connection), 1);
        connection.abort();
      }
      if (connections.length === 0) this.idle.delete(key);
    }
    if (this.idle.size > 0) return;
    clearInterval(this.sweeper);
    this.sweeper = undefined;
  }
}

/** One request with its attempts: addresses in order, and a fresh connection for a stale one. */
class Call implements UpstreamCall, ConnectionCall {
  readonly head: string;
  body: RequestBody;
  readonly memory: BodyMemory | undefined;
  readonly toHead: boolean;
  private readonly connectTimeout: number;
  private readonly headTimeout: number;
  private readonly repeatable: boolean;
  private connection: UpstreamConnection | undefined;
  private address = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly pool: UpstreamService,
    private readonly origin: Origin,
    request: UpstreamRequest,
    private readonly receiver: AnswerReceiver,
  ) {
    this.head = request.head;
    this.body = request.body;
    this.memory = request.memory;
    this.toHead = request.toHead;
    this.connectTimeout = request.connectTimeout;
    this.headTimeout = request.headTimeout;
    this.repeatable = request.repeatable === true;
  }

  start(connection: UpstreamConnection | undefined): void {
    this.connection = connection ?? this.dial();
    this.connection.send(this);
  }

  pause(): void {
    this.connection?.pause();
  }

  resume(): void {
    this.connection?.resume();
  }

  abort(): void {
    clearTimeout(this.timer);
    this.connection?.abort();
    this.connection = undefined;
  }

  onSent(): void {
    this.limit(this.headTimeout, 'head-timeout');
    this.receiver.onSent?.();
  }

  onRead(read: ParsedRead): void {
    if (read.head) this.answered();
    if (read.done) this.connection = undefined;
    this.receiver.onRead(read);
  }

  onFailure(error: UpstreamError): void {
    clearTimeout(this.timer);
    const connection = this.connection!;
    if (error.failure === 'connect' && this.address + 1 < this.origin.addresses.length) {
      this.address++;
      return this.start(undefined);
    }
    if (error.failure === 'reset' && this.isStale(connection)) return this.start(undefined);
    this.connection = undefined;
    this.receiver.onFailure(error);
  }

  private answered(): void {
    clearTimeout(this.timer);
    if (isStreamed(this.body)) return;
    // Until now it might have had to be sent again.
    this.body = undefined;
  }

  private isStale(connection: UpstreamConnection): boolean {
    if (!connection.waited || connection.hasAnswer) return false;
    if (isStreamed(this.body) && !this.body.repeatable) return false;
    if (this.repeatable || connection.unsent) return true;
    // One that was opened ahead is not closed for idleness: the engine may have begun to work.
    if (!connection.reused) return false;
    const waited = performance.now() - connection.takenAt;
    return connection.idled >= STALE_AFTER_MS && waited < STALE_WITHIN_MS;
  }

  private dial(): UpstreamConnection {
    this.limit(this.connectTimeout, 'connect-timeout');
    return this.pool.open(this.origin, this.origin.addresses[this.address]!);
  }

  private limit(milliseconds: number, failure: 'connect-timeout' | 'head-timeout'): void {
    clearTimeout(this.timer);
    if (milliseconds <= 0) return;
    this.timer = setTimeout(() => {
      this.abort();
      this.receiver.onFailure(new UpstreamError(failure, this.origin.label));
    }, milliseconds);
  }
}

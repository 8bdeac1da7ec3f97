import type { IncomingMessage } from 'node:http';
import { ProxyError } from '../errors/proxy.error.js';
import { takeArrived } from './arrived-body.js';
import { ExchangeEndedError } from './exchange-ended.error.js';
import { giveBackBody, takeBody } from './body-pool.js';
import { freeMemory } from './free-memory.js';
import type { Reservation } from './buffer-budget.js';

const NOTHING = Buffer.alloc(0);
/** Up to here a body is read into one buffer of its length at once … */
const TRUSTED_LENGTH = 8 * 1024 * 1024;
/** … and a longer one when so much of it has come: a length is only a claim. */
const FIRST_OF_LONG = 1024 * 1024;
/** The first buffer of a body whose length is not known. */
const FIRST_OF_UNKNOWN = 64 * 1024;
/** Milliseconds without a byte, twice that at most, after which a body is given up: what it holds is held from others. */
const IDLE_MS = 30_000;

/** How a body is read. */
export interface BodyReading {
  /** Bytes; a larger body is refused, by its Content-Length before it is read. */
  readonly limit: number;
  /** Takes what has arrived of the body, until its owner frees it. */
  readonly reservation: Reservation;
  /** Called once it is certain that the body will be read, right before that. */
  readonly begin: () => void;
  /** Ends the reading when nobody needs the body any more; `Exchange.whenEnded`. */
  readonly whenEnded: (listener: () => void) => () => void;
  /** Milliseconds without a byte that are too many; 30,000 unless given. */
  readonly idleMs?: number;
}

/**
 * Reads a request body into one buffer.
 *
 * A body of known length is read into a buffer of that length, so that its bytes are copied once;
 * one that arrives in a single piece is not copied at all.
 *
 * @throws ProxyError body_too_large, body_over_budget, buffers_full, incomplete_body or body_timeout; ExchangeEndedError
 */
export async function readBody(request: IncomingMessage, reading: BodyReading): Promise<Buffer> {
  const { limit, reservation } = reading;
  const declared = request.headers['content-length'];
  const length = declared === undefined ? undefined : Number(declared);
  if (length !== undefined) {
    if (length > limit) throw tooLarge(length, limit);
    reservation.expect(length);
  }
  if (length === 0) return NOTHING;
  reading.begin();
  const arrived = length === undefined ? undefined : takeArrived(request, length);
  if (arrived) {
    reservation.grow(arrived.length);
    return arrived;
  }
  return collect(request, reading, new Collector(length, limit));
}

function collect(
  request: IncomingMessage,
  { reservation, whenEnded, idleMs = IDLE_MS }: BodyReading,
  collector: Collector,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // A flag, not a timer started anew: a body may come in a hundred thousand pieces.
    let isArriving = true;
    const stop = (): void => {
      clearInterval(idle);
      stopListening();
      request.off('data', onData).off('end', onEnd).off('error', onCut).off('close', onCut);
    };
    const giveUp = (error: Error): void => {
      stop();
      collector.discard();
      request.resume();
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      isArriving = true;
      const { length } = chunk;
      try {
        collector.add(chunk);
        reservation.grow(length);
      } catch (error) {
        giveUp(error as Error);
      }
    };
    const onEnd = (): void => {
      stop();
      resolve(collector.result());
    };
    const onCut = (): void => {
      stop();
      collector.discard();
      reject(new ProxyError('incomplete_body', 'the client left before its body was complete'));
    };
    const idle = setInterval(() => {
      if (!isArriving)
        giveUp(new ProxyError('body_timeout', `no byte of the body for ${idleMs} ms`));
      isArriving = false;
    }, idleMs);
    request.on('data', onData).on('end', onEnd).on('error', onCut).on('close', onCut);
    const stopListening = whenEnded(() => giveUp(new ExchangeEndedError('the request is over')));
  });
}

/**
 * Puts the pieces of a body together, each copied once as it comes: clients may send them byte by byte, and a Buffer a
 * byte would cost a hundred times the memory.
 */
class Collector {
  private body: Buffer | undefined;
  private size = 0;

  /** @param length of the whole, where it is known */
  constructor(
    private readonly length: number | undefined,
    private readonly limit: number,
  ) {}

  add(chunk: Buffer): void {
    const size = this.size + chunk.length;
    if (size > this.limit) throw tooLarge(size, this.limit);
    if (this.size === 0 && chunk.length === this.length) this.body = chunk;
    else {
      chunk.copy(this.bufferFor(size), this.size);
      freeMemory(chunk);
    }
    this.size = size;
  }

  /** Nobody is going to ask for the body. */
  discard(): void {
    if (this.body) giveBackBody(this.body);
    this.body = undefined;
  }

  result(): Buffer {
    return this.body?.subarray(0, this.size) ?? NOTHING;
  }

  private bufferFor(size: number): Buffer {
    const { body } = this;
    if (body && body.length >= size) return body;
    const next = takeBody(Math.max(size, this.roomAfter(body?.length)));
    if (body) {
      body.copy(next, 0, 0, this.size);
      giveBackBody(body);
    }
    this.body = next;
    return next;
  }

  /** @param before bytes that are full; undefined at first */
  private roomAfter(before: number | undefined): number {
    const { length } = this;
    if (length === undefined) return before === undefined ? FIRST_OF_UNKNOWN : 2 * before;
    return before === undefined && length > TRUSTED_LENGTH ? FIRST_OF_LONG : length;
  }
}

function tooLarge(size: number, limit: number): ProxyError {
  return new ProxyError('body_too_large', `a body of ${size} bytes or more, ${limit} are allowed`);
}

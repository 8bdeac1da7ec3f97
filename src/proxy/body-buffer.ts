import type { IncomingMessage } from 'node:http';
import { ProxyError } from '../errors/proxy.error.js';
import type { Reservation } from './buffer-budget.js';

const NOTHING = Buffer.alloc(0);

/**
 * Reads a request body into one buffer.
 *
 * A body of known length is read into a buffer of that length, so that its bytes are copied once;
 * one that arrives in a single piece is not copied at all.
 *
 * @param limit bytes; a larger body is refused, by its Content-Length before it is read
 * @param reservation takes what the body takes, until its owner frees it
 * @param begin called once it is certain that the body will be read, right before that
 * @throws ProxyError body_too_large, buffers_full or incomplete_body
 */
export async function readBody(
  request: IncomingMessage,
  limit: number,
  reservation: Reservation,
  begin: () => void,
): Promise<Buffer> {
  const declared = request.headers['content-length'];
  const length = declared === undefined ? undefined : Number(declared);
  if (length !== undefined) {
    if (length > limit) throw tooLarge(length, limit);
    reservation.grow(length);
  }
  if (length === 0) return NOTHING;
  begin();
  const collector = length === undefined ? new Growing(limit, reservation) : new Sized(length);
  return collect(request, collector);
}

/** Puts the pieces of a body together. */
interface Collector {
  add(chunk: Buffer): void;
  result(): Buffer;
}

function collect(request: IncomingMessage, collector: Collector): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      request.off('data', onData).off('end', onEnd).off('error', onCut).off('close', onCut);
    };
    const onData = (chunk: Buffer): void => {
      try {
        collector.add(chunk);
      } catch (error) {
        stop();
        request.resume();
        reject(error);
      }
    };
    const onEnd = (): void => {
      stop();
      resolve(collector.result());
    };
    const onCut = (): void => {
      stop();
      reject(new ProxyError('incomplete_body', 'the client left before its body was complete'));
    };
    request.on('data', onData).on('end', onEnd).on('error', onCut).on('close', onCut);
  });
}

class Sized implements Collector {
  private body: Buffer | undefined;
  private at = 0;

  constructor(private readonly length: number) {}

  add(chunk: Buffer): void {
    if (this.at === 0 && chunk.length === this.length) {
      this.body = chunk;
    } else {
      this.body ??= Buffer.allocUnsafeSlow(this.length);
      chunk.copy(this.body, this.at);
    }
    this.at += chunk.length;
  }

  result(): Buffer {
    return this.body ?? NOTHING;
  }
}

class Growing implements Collector {
  private readonly chunks: Buffer[] = [];
  private size = 0;

  constructor(
    private readonly limit: number,
    private readonly reservation: Reservation,
  ) {}

  add(chunk: Buffer): void {
    this.size += chunk.length;
    if (this.size > this.limit) throw tooLarge(this.size, this.limit);
    this.reservation.grow(chunk.length);
    this.chunks.push(chunk);
  }

  result(): Buffer {
    return this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks);
  }
}

function tooLarge(size: number, limit: number): ProxyError {
  return new ProxyError('body_too_large', `a body of ${size} bytes or more, ${limit} are allowed`);
}

import type { BufferedAnswer, Exchange } from './exchange.js';
import type { Origin } from './origin.js';
import type { UpstreamError } from './upstream-error.js';
import type { UpstreamRequest, UpstreamService } from './upstream.service.js';
import type { ResponseHead } from './wire/response-head.js';

/** The answer is longer than it may be. */
export class AnswerTooLargeError extends Error {
  override readonly name = 'AnswerTooLargeError';
}

/** The client left while the answer was awaited. */
export class ExchangeEndedError extends Error {
  override readonly name = 'ExchangeEndedError';
}

/** What is sent where, and how much is taken back. */
export interface CollectedRequest {
  readonly origin: Origin;
  readonly request: UpstreamRequest;
  /** Bytes of body. */
  readonly limit: number;
}

/**
 * Sends a request and waits for its whole answer.
 *
 * @returns the answer, whatever its status
 * @throws UpstreamError, AnswerTooLargeError, or ExchangeEndedError when the client went away
 */
export function collectAnswer(
  upstream: UpstreamService,
  exchange: Exchange,
  { origin, request, limit }: CollectedRequest,
): Promise<BufferedAnswer> {
  if (exchange.ended) return Promise.reject(new ExchangeEndedError('the client has left'));
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    let head: ResponseHead | undefined;
    const call = upstream.request(origin, request, {
      onRead: (read) => {
        head ??= read.head;
        for (let i = 0; i < read.spans.length; i += 2) {
          // Copied: the bytes lie in a buffer that the next read overwrites.
          pieces.push(Buffer.from(read.bytes.subarray(read.spans[i], read.spans[i + 1])));
          size += read.spans[i + 1]! - read.spans[i]!;
        }
        if (size > limit) {
          stopWaiting();
          call.abort();
          reject(new AnswerTooLargeError(`more than ${limit} bytes`));
        } else if (read.done) {
          stopWaiting();
          resolve({ head: head!, body: pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces) });
        }
      },
      onFailure: (error: UpstreamError) => {
        stopWaiting();
        reject(error);
      },
    });
    const stopWaiting = exchange.whenEnded(() => {
      call.abort();
      reject(new ExchangeEndedError('the client has left'));
    });
  });
}

import type { BufferedAnswer, Exchange } from './exchange.js';
import { ExchangeEndedError } from './exchange-ended.error.js';
import type { Origin } from './origin.js';
import { UpstreamError } from './upstream-error.js';
import type { UpstreamRequest, UpstreamService } from './upstream.service.js';
import type { ResponseHead } from './wire/response-head.js';
import type { ParsedRead } from './wire/response-parser.js';

/** The answer is longer than it may be. */
export class AnswerTooLargeError extends Error {
  override readonly name = 'AnswerTooLargeError';
}

/** What is sent where, and how much is taken back. */
export interface CollectedRequest {
  readonly origin: Origin;
  readonly request: UpstreamRequest;
  /** Bytes of body. */
  readonly limit: number;
  /** Milliseconds from the head of the answer to its end; 0 = no limit. */
  readonly bodyTimeout: number;
  /**
   * Called when the request is on its way, perhaps before {@link collectAnswer} returns and perhaps twice.
   *
   * @param abort ends it, when nobody needs the answer any more: an ExchangeEndedError
   */
  readonly onSent?: ((abort: () => void) => void) | undefined;
}

/**
 * Sends a request and waits for its whole answer.
 *
 * @param exchange says when nobody waits for the answer any more
 * @returns the answer, whatever its status
 * @throws UpstreamError, AnswerTooLargeError, or ExchangeEndedError when the client went away
 */
export function collectAnswer(
  upstream: UpstreamService,
  exchange: Pick<Exchange, 'ended' | 'whenEnded'>,
  { origin, request, limit, bodyTimeout, onSent }: CollectedRequest,
): Promise<BufferedAnswer> {
  if (exchange.ended) return Promise.reject(new ExchangeEndedError('the client has left'));
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    let head: ResponseHead | undefined;
    let timer: NodeJS.Timeout | undefined;
    const giveUp = (error: Error): void => {
      stopWaiting();
      call.abort();
      reject(error);
    };
    const unneeded =
      onSent && ((): void => giveUp(new ExchangeEndedError('the leg is not needed any more')));
    const call = upstream.request(origin, request, {
      onSent: unneeded && (() => onSent(unneeded)),
      onRead: (read) => {
        if (read.head) {
          head = read.head;
          if (bodyTimeout > 0 && !read.done)
            timer = setTimeout(
              () => giveUp(new UpstreamError('body-timeout', origin.label)),
              bodyTimeout,
            );
        }
        size += keep(read, pieces);
        if (size > limit) {
          giveUp(new AnswerTooLargeError(`more than ${limit} bytes`));
        } else if (read.done) {
          stopWaiting();
          resolve({ head: head!, body: pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces) });
        }
      },
      onFailure: giveUp,
    });
    const stopListening = exchange.whenEnded(() => {
      clearTimeout(timer);
      call.abort();
      reject(new ExchangeEndedError('the client has left'));
    });
    const stopWaiting = (): void => {
      clearTimeout(timer);
      stopListening();
    };
  });
}

/** Copies the body bytes of a read: they lie in a buffer that the next one overwrites. @returns how many */
function keep({ bytes, spans }: ParsedRead, pieces: Buffer[]): number {
  let size = 0;
  for (let i = 0; i < spans.length; i += 2) {
    const length = spans[i + 1]! - spans[i]!;
    const piece = Buffer.allocUnsafe(length);
    bytes.copy(piece, 0, spans[i], spans[i + 1]);
    pieces.push(piece);
    size += length;
  }
  return size;
}

import type { ErrorCode } from '../errors/error-table.js';
import type { Remedy } from '../errors/error-row.js';
import { ProxyError } from '../errors/proxy.error.js';
import { AnswerTooLargeError } from '../proxy/answer-collector.js';
import type { BufferedAnswer } from '../proxy/exchange.js';
import { toldOf } from '../proxy/told-answer.js';
import { retryAfterOf } from '../proxy/retry-after.js';
import { UpstreamError, type UpstreamFailure } from '../proxy/upstream-error.js';

/** A prefill that failed at one candidate. */
export interface PrefillFailure {
  readonly error: ProxyError;
  readonly remedy: Remedy;
  /** Milliseconds that the prefiller asks to wait (Retry-After), where it does. */
  readonly retryAfter?: number;
}

const CODES: Readonly<Record<UpstreamFailure, ErrorCode>> = {
  connect: 'prefill_network',
  reset: 'prefill_network',
  truncated: 'prefill_network',
  'connect-timeout': 'prefill_timeout',
  'head-timeout': 'prefill_timeout',
  'body-timeout': 'prefill_timeout',
  tls: 'prefill_tls',
  protocol: 'prefill_protocol',
};

/** @returns the failure, with the remedy of its row in the error table */
export function failureBy(error: ProxyError, retryAfter?: number): PrefillFailure {
  const remedy = error.row.remedy ?? 'none';
  return { error, remedy, ...(retryAfter === undefined ? {} : { retryAfter }) };
}

/**
 * @param error from the leg, or from making it
 * @returns undefined when it is no failure of the prefiller
 */
export function failureOf(error: unknown): PrefillFailure | undefined {
  // The leg could not even be made.
  if (error instanceof ProxyError) return failureBy(error);
  const code =
    error instanceof UpstreamError
      ? CODES[error.failure]
      : error instanceof AnswerTooLargeError
        ? 'prefill_answer_too_large'
        : undefined;
  if (code === undefined) return undefined;
  return failureBy(new ProxyError(code, (error as Error).message, { cause: error }));
}

/** A 5xx that is not forwarded as it came, or an error within a stream. */
export function failureOfStatus(
  answer: BufferedAnswer,
  detail = `status ${answer.head.statusCode}`,
): PrefillFailure {
  const error = new ProxyError('prefill_server_error', detail, { upstream: toldOf(answer) });
  return failureBy(error, retryAfterOf(answer.head.headers));
}

/**
 * Whether an engine is well but busy: no fault that its circuit breaker should count.
 *
 * @see RFC 9110 §15.6.4: a 503 that says when to come back is overload or maintenance
 */
export function isBackPressure({ statusCode, headers }: BufferedAnswer['head']): boolean {
  return statusCode === 503 && retryAfterOf(headers) !== undefined;
}

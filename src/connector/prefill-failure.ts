import type { ErrorCode } from '../errors/error-table.js';
import { ProxyError } from '../errors/proxy.error.js';
import { AnswerTooLargeError } from '../proxy/answer-collector.js';
import type { BufferedAnswer } from '../proxy/exchange.js';
import { UpstreamError, type UpstreamFailure } from '../proxy/upstream-error.js';

/** What may be tried after a failed prefill. */
export type Remedy =
  /** Another candidate at once, and after a back-off the same one again. */
  | 'retry'
  /** Another candidate, but not this one again. */
  | 'fallback'
  /** Nothing: it would fail again. */
  | 'none';

/** A prefill that failed at one candidate. */
export interface PrefillFailure {
  readonly error: ProxyError;
  readonly remedy: Remedy;
  /** Milliseconds that the prefiller asks to wait (Retry-After), where it does. */
  readonly retryAfter?: number;
}

/** How much of a failed prefiller's answer a client is told. */
const MAX_TOLD_BYTES = 64 * 1024;
const MAX_RETRY_AFTER_MS = 10_000;

const BY_FAILURE: Readonly<Record<UpstreamFailure, readonly [ErrorCode, Remedy]>> = {
  connect: ['prefill_network', 'retry'],
  reset: ['prefill_network', 'retry'],
  truncated: ['prefill_network', 'retry'],
  'connect-timeout': ['prefill_timeout', 'fallback'],
  'head-timeout': ['prefill_timeout', 'fallback'],
  'body-timeout': ['prefill_timeout', 'fallback'],
  // A certificate does not become valid by asking again, and TLS is never given up.
  tls: ['prefill_tls', 'none'],
  protocol: ['prefill_protocol', 'none'],
};

/**
 * @param error from the leg
 * @returns undefined when it is no failure of the prefiller
 */
export function failureOf(error: unknown): PrefillFailure | undefined {
  if (error instanceof UpstreamError) {
    const [code, remedy] = BY_FAILURE[error.failure];
    return { error: new ProxyError(code, error.message, { cause: error }), remedy };
  }
  if (error instanceof AnswerTooLargeError) {
    const cause = { cause: error };
    return {
      error: new ProxyError('prefill_answer_too_large', error.message, cause),
      remedy: 'none',
    };
  }
  return undefined;
}

/** A 5xx that is not forwarded as it came. */
export function failureOfStatus({ head, body }: BufferedAnswer): PrefillFailure {
  const upstream = {
    status: head.statusCode,
    body: body.subarray(0, MAX_TOLD_BYTES).toString('utf8'),
  };
  const error = new ProxyError('prefill_server_error', `status ${head.statusCode}`, { upstream });
  const retryAfter = retryAfterOf(head.headers);
  return { error, remedy: 'retry', ...(retryAfter === undefined ? {} : { retryAfter }) };
}

/**
 * Whether an engine is well but busy: no fault that its circuit breaker should count.
 *
 * @see RFC 9110 §15.6.4: a 503 that says when to come back is overload or maintenance
 */
export function isBackPressure({ statusCode, headers }: BufferedAnswer['head']): boolean {
  return statusCode === 503 && retryAfterOf(headers) !== undefined;
}

/** Retry-After in seconds or as a date (RFC 9110 §10.2.3), in milliseconds and bounded. */
function retryAfterOf(headers: readonly string[]): number | undefined {
  const at = headers.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === 'retry-after');
  const value = at < 0 ? undefined : headers[at + 1]!.trim();
  if (value === undefined) return undefined;
  const wait = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), MAX_RETRY_AFTER_MS);
}

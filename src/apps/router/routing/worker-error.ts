import type { ErrorCode } from '../../../errors/error-table.js';
import { ProxyError } from '../../../errors/proxy.error.js';
import type { Endpoint } from '../../../fleet/endpoint.js';
import { UpstreamError, type UpstreamFailure } from '../../../proxy/upstream-error.js';
import type { RoutedExchange } from './routed-exchange.js';

const CODES: Readonly<Record<UpstreamFailure, ErrorCode>> = {
  connect: 'worker_unreachable',
  'connect-timeout': 'worker_unreachable',
  reset: 'worker_failed',
  truncated: 'worker_failed',
  'head-timeout': 'worker_timeout',
  'body-timeout': 'worker_timeout',
  protocol: 'worker_protocol',
  tls: 'worker_tls',
};

/** Milliseconds that a worker has to take a connection. */
export const CONNECT_TIMEOUT_MS = 5000;

/** What became of a request to a worker: other codes than the sidecar's, which name a prefiller or a decoder. */
export function workerError(error: unknown): ProxyError {
  const failed = upstreamErrorIn(error);
  if (!failed) return ProxyError.from(error);
  return new ProxyError(CODES[failed.failure], failed.message, { cause: failed });
}

/**
 * An event stream that was complete before its first event is as good as broken off.
 *
 * @param isRefused nothing of the answer went out
 * @throws UpstreamError
 */
export function refuseEmptyStream(
  isRefused: boolean,
  { watch }: RoutedExchange,
  { origin }: Endpoint,
): void {
  if (isRefused && watch?.refused) throw new UpstreamError('truncated', origin.label);
}

/** @returns whether the worker never had the request */
export function isUndelivered(error: unknown): boolean {
  const failed = upstreamErrorIn(error)?.failure;
  return failed === 'connect' || failed === 'connect-timeout' || failed === 'tls';
}

function upstreamErrorIn(error: unknown): UpstreamError | undefined {
  if (error instanceof UpstreamError) return error;
  const { cause } = error as { cause?: unknown };
  return cause instanceof UpstreamError ? cause : undefined;
}

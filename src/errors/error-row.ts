/**
 * Every way in which a request can fail here: one row from cause to answer, log label, metric and what may be
 * tried again.
 *
 * Messages are constant: what a client reads names no address that it did not send itself.
 */
export interface ErrorRow {
  /** HTTP status of the answer. */
  readonly status: number;
  /** vLLM's name for the kind of error (`error.type` of the answer). */
  readonly type: string;
  /** What the client reads: what happened and, where it can do something, the mend. */
  readonly message: string;
  /** Value of `sidecar_errors_total{type}`; absent where nothing failed but the request itself. */
  readonly metric?: ErrorMetric;
  /** Seconds for a Retry-After header. */
  readonly retryAfter?: number;
  /** `code` of the answer; absent: the status. */
  readonly apiCode?: string;
  /** What may be tried after it, where it is the failure of a leg; absent: nothing. */
  readonly remedy?: Remedy;
  /** The client connection cannot be reused, mostly because the rest of a body is still on it. */
  readonly close?: true;
}

/** What may be tried after a failed prefill; `connector/prefill-attempts.ts` does it. */
export type Remedy =
  /** Another candidate at once, and after a back-off the same one again. */
  | 'retry'
  /** Another candidate, but not this one again. */
  | 'fallback'
  /** Nothing: it would fail again. */
  | 'none';

/** Kinds of failure that `sidecar_errors_total` tells apart. */
export type ErrorMetric =
  'network' | 'timeout' | 'http' | 'tls' | 'protocol' | 'breaker' | 'overload' | 'internal';

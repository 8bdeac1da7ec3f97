import type { Endpoint, EndpointRole } from '../../../fleet/endpoint.js';

/** Why a worker was chosen. Candidates are kept as they were met; who shows them writes them out. */
export interface Decision {
  /** When it was made: `performance.now()`. */
  readonly at: number;
  readonly role: EndpointRole;
  /** Name of the policy; `pinned` where the request itself named the worker. */
  readonly policy: string;
  /** Id of the worker. */
  readonly worker: string;
  readonly reason: string;
  readonly candidates: readonly Endpoint[];
  /** Of the candidates, before this request was counted. */
  readonly loads: readonly number[];
  /** Higher is better; undefined where the policy weighs nothing. */
  readonly scores: readonly number[] | undefined;
}

/** One request to a worker, and what became of it. */
export interface AttemptRecord {
  readonly role: EndpointRole;
  readonly worker: string;
  /** Of the answer, where there was one. */
  readonly status?: number;
  /** Code of the error table, where there was none. */
  readonly error?: string;
  /** Milliseconds from sending it to its end. */
  readonly ms: number;
}

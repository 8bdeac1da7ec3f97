/** What admission needs to know of a request. It is known again by its identity: hand in the same object each time. */
export interface FlowRequest {
  readonly id: string;
  /** Larger is served first; below 0 it may be shed. */
  readonly priority: number;
  /** Whose request it is: requests of one priority and one fairness id are a flow. */
  readonly fairnessId: string;
  /** Length of the body. */
  readonly bytes: number;
  /** When its last byte came: `performance.now()`. */
  readonly receivedAt: number;
  /** When its first token is wanted, in milliseconds after it was received; undefined where nobody said. */
  readonly sloTtftMs?: number | undefined;
}

/** Why a request is not served, as `x-llm-d-request-dropped-reason` tells it. */
export type DropReason =
  | 'rejected-saturated'
  | 'rejected-no-endpoints'
  | 'rejected-ttl-expired'
  | 'rejected-shutting-down'
  | 'rejected-context-cancelled'
  | 'evicted';

/** The request is not served. */
export interface Refusal {
  readonly kind: 'refused';
  readonly status: 429 | 503;
  readonly reason: DropReason;
  /** One sentence for the client. */
  readonly message: string;
}

/** The request goes on at once. There is only {@link ADMITTED}. */
export interface Admitted {
  readonly kind: 'admitted';
}

export const ADMITTED: Admitted = Object.freeze({ kind: 'admitted' });

/** The request waits for its turn. */
export interface Waiting {
  readonly kind: 'waiting';
  /** @param settled is called once, in a turn of its own: without a refusal when the request may go on; not after {@link cancel} */
  whenSettled(settled: (refusal?: Refusal) => void): void;
  /** Nobody waits for it any more: the client has gone, or its deadline is over. Nothing happens to one that is settled. */
  cancel(): void;
}

/** What became of a request at the door. */
export type Admittance = Admitted | Refusal | Waiting;

/**
 * Says which requests may be scheduled, and when.
 *
 * An admitted request is told of twice: `decided`, once an endpoint counts it as in flight, and `ended`. One that never
 * comes to an endpoint is told of by `ended` alone. Each may be told again; what was not admitted is not heeded.
 */
export interface Admission {
  /** @returns at once; the request may go on, waits, or is refused */
  admit(request: FlowRequest): Admittance;
  /** An endpoint was chosen for it, and counts it. */
  decided(request: FlowRequest): void;
  /**
   * It is over, whatever became of it, and no endpoint counts it any more.
   *
   * @param inputTokens of its prompt @param outputTokens of its answer; undefined where the server told none
   */
  ended(request: FlowRequest, inputTokens?: number, outputTokens?: number): void;
  /** The state of servers was read anew. May be called often: it costs little while nobody waits. */
  stateChanged(): void;
  /** Endpoints came or went. */
  endpointsChanged(): void;
  /** From now on nobody waits: who does is refused, who may go on at once goes on. */
  shutdown(): void;
  /** How it stands. Made when asked: for metrics and debugging. */
  readonly state: AdmissionState;
  /** Ends timers; whoever waits still is refused. */
  close(): void;
}

/** How full the servers are; 1 is full. Undefined where no endpoint has that role. */
export interface StageSaturation {
  readonly prefill: number | undefined;
  readonly decode: number | undefined;
  /** The larger of the two, which counts. */
  readonly effective: number;
}

/** Requests of one priority. */
export interface BandState {
  readonly priority: number;
  readonly queued: number;
  readonly queuedBytes: number;
  readonly maxRequests: number;
  readonly maxBytes: number;
  /** Those that have somebody waiting. */
  readonly flows: readonly FlowState[];
}

/** Requests of one priority and fairness id. */
export interface FlowState {
  readonly fairnessId: string;
  readonly queued: number;
  readonly queuedBytes: number;
}

export interface AdmissionState {
  readonly queued: number;
  readonly queuedBytes: number;
  /** Infinity where there is no such limit. */
  readonly maxRequests: number;
  readonly maxBytes: number;
  /** Admitted, and not counted by an endpoint yet. */
  readonly pending: number;
  /** Admitted, and not ended; 0 where nobody counts. */
  readonly underWay: number;
  readonly saturation: StageSaturation;
  /** Endpoints whose state is unknown or too old. */
  readonly staleEndpoints: number;
  /** Highest priority first; none where there is no queue. */
  readonly bands: readonly BandState[];
}

import type { Candidate } from '../policy/policy.js';
import type { ServerState } from './server-state.js';

/** What plugins see of an endpoint. The same object as long as the endpoint is there: plugins may key by it. */
export interface ScheduledEndpoint extends Candidate {
  /** `ip:port`, an IPv6 address in brackets; unique, and what the proxy is told. */
  readonly id: string;
  /** Of the pod and its rank, or of the entry in a file. */
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Ids of the models that it serves; empty where that is not told: then it serves every model. */
  readonly models: readonly string[];
  readonly state: ServerState;
  /** Requests that were decided for it and have not ended. */
  readonly inFlight: number;
  /** Their tokens, as far as they are estimated. */
  readonly inFlightTokens: number;
}

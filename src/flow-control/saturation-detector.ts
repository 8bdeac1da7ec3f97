import type { FlowRequest } from './admission.js';
import type { Endpoints, Filter } from '../scheduling/plugin.js';

/** Requests that were admitted, and that no endpoint counts yet. */
export interface PendingLoad {
  readonly requests: number;
  /** Of their bodies. */
  readonly bytes: number;
}

/** Says how full servers are. */
export interface SaturationDetector extends Filter {
  /**
   * @param endpoints at least one, all of one stage
   * @param pending is going to be spread over them
   * @returns 0 where nothing is used, 1 and more where nothing is free
   */
  saturation(endpoints: Endpoints, pending: PendingLoad): number;
  /** @returns how many of them it knows nothing fresh of */
  stale?(endpoints: Endpoints): number;
  /** Milliseconds until it shows that a request has ended. */
  readonly lag: number;
}

/** @returns the tokens of a request whose tokens nobody has counted: a token for four bytes */
export function estimatedTokens(request: Pick<FlowRequest, 'bytes'>): number {
  return Math.ceil(request.bytes / 4);
}

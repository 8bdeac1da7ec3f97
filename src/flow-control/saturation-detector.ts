import type { Endpoints, Filter } from '../scheduling/plugin.js';

/** Requests that were admitted, and that no endpoint counts yet. */
export interface PendingLoad {
  readonly requests: number;
  /** As they are estimated. */
  readonly tokens: number;
}

/** Says how full servers are. */
export interface SaturationDetector extends Filter {
  /**
   * @param endpoints at least one, all of one stage
   * @param pending is going to be spread over them; undefined where nobody waits for a place, so that what servers have
   * not told yet is left out too
   * @returns 0 where nothing is used, 1 and more where nothing is free
   */
  saturation(endpoints: Endpoints, pending?: PendingLoad): number;
  /** @returns how many of them it knows nothing fresh of */
  stale?(endpoints: Endpoints): number;
  /** Milliseconds from the end of a request until this shows it. */
  readonly lag: number;
}

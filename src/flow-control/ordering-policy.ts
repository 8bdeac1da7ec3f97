import type { FlowRequest } from './admission.js';

/** Which request of a flow goes first. */
export interface OrderingPolicy {
  /**
   * @param enqueuedAt milliseconds of the clock that `receivedAt` is of
   * @param ttl milliseconds that it may wait; Infinity where it may wait for ever
   * @returns the smaller goes first; of equals the one that came first
   */
  rank(request: FlowRequest, enqueuedAt: number, ttl: number): number;
}

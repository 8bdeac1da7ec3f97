import type { FlowRequest } from './admission.js';
import type { FlowQueue } from './flow-queue.js';

/** The flows of one band that have somebody waiting. */
export interface FairBand {
  /** Somebody waits in it, and nobody did. */
  filled(flow: FlowQueue): void;
  /** Another request is its first now. */
  headChanged?(flow: FlowQueue): void;
  /** Nobody waits in it any more. */
  emptied(flow: FlowQueue): void;
  /** @returns the flow whose first request goes on next; one at least has somebody waiting */
  next(): FlowQueue;
  /** A request of it goes on; the flow may be empty now. */
  served?(flow: FlowQueue): void;
}

/** Which flow goes first. Bands may share a policy. None of its members is one of `LifecycleListener`, whose are told of all requests. */
export interface FairnessPolicy {
  /** @returns what a band keeps of its flows */
  forBand(): FairBand;
  /** A request goes on, whether it waited or not. */
  dispatched?(request: FlowRequest): void;
  /** A request that went on is over. Tokens are undefined where nobody told them. */
  finished?(request: FlowRequest, inputTokens?: number, outputTokens?: number): void;
}

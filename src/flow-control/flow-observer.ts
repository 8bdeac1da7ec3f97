import type { FlowOutcome } from '../metrics/flow-control.metrics.js';
import type { FlowRequest } from './admission.js';

/** Is told what flow control does, for metrics. Synchronous, and must not throw. */
export interface FlowObserver {
  /** Once for each request. @param waited milliseconds from its arrival here */
  settled(request: FlowRequest, outcome: FlowOutcome, waited: number): void;
  /** A look at the queues took so many milliseconds. */
  cycled?(milliseconds: number): void;
  /** Putting a request into its queue took so many milliseconds. */
  enqueued?(request: FlowRequest, milliseconds: number): void;
  /** A request that was under way is cut for others. */
  evicted?(request: FlowRequest): void;
  /** One that was cut has ended. @param milliseconds since it was cut @param late it took too long, and was not waited for */
  evictionEnded?(milliseconds: number, late: boolean): void;
}

/** What is known of a worker when the metrics are read. */
export interface ObservedWorker {
  readonly url: string;
  /** It answers its probes. */
  readonly ready: boolean;
  readonly inFlight: number;
  /** As policies see it. */
  readonly load: number;
  readonly breaker: 'closed' | 'open' | 'half_open';
  /** Attempts since it was added, and their ends. */
  readonly started: number;
  readonly succeeded: number;
  readonly failed: number;
}

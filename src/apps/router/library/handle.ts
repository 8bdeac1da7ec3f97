/** A worker as `GET /workers` shows it. */
export interface WorkerRow {
  readonly id: string;
  readonly url: string;
  readonly model_id: string;
  readonly worker_type: 'regular' | 'prefill' | 'decode';
  readonly status: 'pending' | 'ready' | 'not_ready' | 'failed' | 'draining';
  readonly is_healthy: boolean;
  /** Requests in flight. */
  readonly load: number;
  readonly circuit_breaker: 'closed' | 'open' | 'half_open';
  readonly [member: string]: unknown;
}

/** A router that serves within this process, until it is drained or closed. */
export interface RouterHandle {
  /** Of clients and of the worker API. */
  readonly port: number;
  /** Of metrics; 0 where `prometheusPort` is 0. */
  readonly opsPort: number;
  /** `http://HOST:PORT` of the data port. */
  readonly url: string;
  readonly workers: readonly WorkerRow[];
  /** Reads the file of `config` again, if there is one; it is followed anyway. */
  reload(): void;
  /**
   * Readiness is 503 at once and so is every new request; those in flight end within `shutdownGracePeriodSecs`. Then the
   * router is closed.
   *
   * @returns whether all of them ended by themselves
   */
  drain(): Promise<boolean>;
  /** Cuts what is in flight and frees all that the router has open. Harmless when it is closed already. */
  close(): Promise<void>;
}

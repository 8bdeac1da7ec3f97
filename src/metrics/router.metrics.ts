import type { Registry } from 'prom-client';
import { MetricSet } from './metric-set.js';
import { ROUTER_METRICS } from './router-metric-table.js';

/** What is known of a worker when the metrics are read. */
export interface ObservedWorker {
  readonly url: string;
  readonly ready: boolean;
  readonly inFlight: number;
  readonly breaker: 'closed' | 'open' | 'half_open';
}

/** A source of workers, when the metrics are read. */
export interface ObservedSource {
  readonly name: string;
  /** When what it told was last known to be so: `performance.now()`; undefined where it was not read yet. */
  readonly provedAt: number | undefined;
}

const BREAKER_NUMBERS = { closed: 0, open: 1, half_open: 2 } as const;

/** Counts what the router does. Times are seconds. */
export class RouterMetrics {
  private readonly metrics = new MetricSet(ROUTER_METRICS);
  private readonly requests = this.metrics.counter('vllm_router_requests_total');
  private readonly duration = this.metrics.histogram('vllm_router_request_duration_seconds');
  private readonly errors = this.metrics.counter('vllm_router_request_errors_total');
  private readonly retries = this.metrics.counter('vllm_router_retries_total');
  private readonly backoff = this.metrics.histogram('vllm_router_retry_backoff_duration_seconds');
  private readonly transitions = this.metrics.counter('vllm_router_cb_state_transitions_total');
  private readonly processed = this.metrics.counter('vllm_router_processed_requests_total');
  private readonly decisions = this.metrics.counter('vllm_router_policy_decisions_total');
  private readonly ttft = this.metrics.histogram('vllm_router_ttft_seconds');

  /** Asked when the metrics are read; whoever knows sets it at start. */
  workers: () => readonly ObservedWorker[] = () => [];

  sources: () => readonly ObservedSource[] = () => [];
  readonly discovery = this.countDiscovery();

  /** @param routeOf the bounded `route` label of a path */
  constructor(private readonly routeOf: (path: string) => string) {
    const each = (set: (worker: ObservedWorker) => void): void => this.workers().forEach(set);
    this.metrics.gauge('vllm_router_active_workers', (gauge) =>
      gauge.set(this.workers().filter(({ ready }) => ready).length),
    );
    this.metrics.gauge('vllm_router_worker_health', (gauge) => {
      gauge.reset();
      each(({ url, ready }) => gauge.set({ worker: url }, ready ? 1 : 0));
    });
    this.metrics.gauge('vllm_router_running_requests', (gauge) => {
      gauge.reset();
      each(({ url, inFlight }) => gauge.set({ worker: url }, inFlight));
    });
    this.metrics.gauge('vllm_router_cb_state', (gauge) => {
      gauge.reset();
      each(({ url, breaker }) => gauge.set({ worker: url }, BREAKER_NUMBERS[breaker]));
    });
  }

  private countDiscovery(): Readonly<
    Record<'updated' | 'workerAdded' | 'workerRemoved', () => void>
  > {
    const updates = this.metrics.counter('vllm_router_discovery_updates_total');
    const added = this.metrics.counter('vllm_router_discovery_workers_added');
    const removed = this.metrics.counter('vllm_router_discovery_workers_removed');
    this.metrics.gauge('vllm_router_discovery_last_success_seconds', (gauge) => {
      for (const { name: source, provedAt } of this.sources()) {
        if (provedAt === undefined) continue;
        gauge.set({ source }, (Date.now() - performance.now() + provedAt) / 1000);
      }
    });
    return {
      updated: () => updates.inc(),
      workerAdded: () => added.inc(),
      workerRemoved: () => removed.inc(),
    };
  }

  get registry(): Registry {
    return this.metrics.registry;
  }

  collectProcessMetrics(): void {
    this.metrics.collectProcessMetrics();
  }

  /** @param ttft seconds to the first byte of the answer's body, where there was one */
  finished(path: string, seconds: number, ttft: number | undefined, error?: string): void {
    const route = this.routeOf(path);
    this.requests.inc({ route });
    this.duration.observe({ route }, seconds);
    if (ttft !== undefined) this.ttft.observe({ route }, ttft);
    if (error !== undefined) this.errors.inc({ route, error_type: error });
  }

  retried(path: string, attempt: number, seconds: number): void {
    this.retries.inc({ route: this.routeOf(path) });
    this.backoff.observe({ attempt }, seconds);
  }

  decided(policy: string, worker: string): void {
    this.decisions.inc({ policy, worker });
    this.processed.inc({ worker });
  }

  breakerChanged(worker: string, from: string, to: string): void {
    this.transitions.inc({ worker, from, to });
  }
}

import type { Registry } from 'prom-client';
import { ChoiceMetrics } from './choice.metrics.js';
import { KvMetrics } from './kv.metrics.js';
import { MetricSet } from './metric-set.js';
import type { ObservedWorker } from './observed-worker.js';
import { RouteMetrics } from './route.metrics.js';
import { PairMetrics } from './pair.metrics.js';
import { ROUTER_METRICS } from './router-metric-table.js';
import { TokenMetrics } from './token.metrics.js';
import { collectWorkers } from './worker-gauges.js';

/** A source of workers, when the metrics are read. */
export interface ObservedSource {
  readonly name: string;
  /** When what it told was last known to be so: `performance.now()`; undefined where it was not read yet. */
  readonly provedAt: number | undefined;
}

/** Counts what the router does. Times are seconds. */
export class RouterMetrics {
  private readonly metrics = new MetricSet(ROUTER_METRICS);
  private readonly routes = new RouteMetrics(this.metrics);
  private readonly errors = this.metrics.counter('vllm_router_request_errors_total');
  private readonly embeddingErrors = this.metrics.counter('vllm_router_embeddings_errors_total');
  private readonly retries = this.metrics.counter('vllm_router_retries_total');
  private readonly exhausted = this.metrics.counter('vllm_router_retries_exhausted_total');
  private readonly backoff = this.metrics.histogram('vllm_router_retry_backoff_duration_seconds');
  private readonly transitions = this.metrics.counter('vllm_router_cb_state_transitions_total');
  readonly choices = new ChoiceMetrics(this.metrics);
  readonly tokens = new TokenMetrics(this.metrics);
  readonly kv = new KvMetrics(this.metrics);

  /** Asked when the metrics are read; whoever knows sets it at start. */
  workers: () => readonly ObservedWorker[] = () => [];

  /** Characters that policies remember, by worker. */
  treeSizes: () => ReadonlyMap<string, number> = () => new Map();

  sources: () => readonly ObservedSource[] = () => [];
  readonly discovery = this.countDiscovery();
  /** Of requests that a prefill worker and a decode worker share. */
  readonly pairs: PairMetrics;

  /** @param routeOf the bounded `route` label of a path */
  constructor(private readonly routeOf: (path: string) => string) {
    this.pairs = new PairMetrics(this.metrics, routeOf);
    collectWorkers(this.metrics, () => this.workers());
    this.metrics.gauge('vllm_router_tree_size', (gauge) => {
      gauge.reset();
      for (const [worker, size] of this.treeSizes()) gauge.set({ worker }, size);
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

  /** Requests that have ended. */
  get total(): number {
    return this.routes.total;
  }

  /** A request that is a worker's to answer has ended. */
  finished(path: string, seconds: number, error: string | undefined): void {
    const route = this.routeOf(path);
    this.routes.finished(route, seconds);
    if (error === undefined) return;
    this.errors.inc({ route, error_type: error });
    if (route === '/v1/embeddings') this.embeddingErrors.inc({ error_type: error });
  }

  /** Its last attempt failed, and it was not the first one. */
  gaveUp(path: string): void {
    this.exhausted.inc({ route: this.routeOf(path) });
  }

  retried(path: string, attempt: number, seconds: number): void {
    this.retries.inc({ route: this.routeOf(path) });
    this.backoff.observe({ attempt }, seconds);
  }

  breakerChanged(worker: string, from: string, to: string): void {
    this.transitions.inc({ worker, from, to });
  }
}

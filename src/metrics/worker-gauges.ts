import type { MetricSet } from './metric-set.js';
import type { ObservedWorker } from './observed-worker.js';
import type { ROUTER_METRICS } from './router-metric-table.js';

const BREAKER_NUMBERS = { closed: 0, open: 1, half_open: 2 } as const;

type Metrics = MetricSet<typeof ROUTER_METRICS>;
type Name = keyof typeof ROUTER_METRICS;

/** Metrics that are read off the workers when they are asked for: requests cost nothing then. */
export function collectWorkers(metrics: Metrics, workers: () => readonly ObservedWorker[]): void {
  const gauge = (name: Name, valueOf: (worker: ObservedWorker) => number): void => {
    metrics.gauge(name, (gauge) => {
      gauge.reset();
      for (const worker of workers()) gauge.set({ worker: worker.url }, valueOf(worker));
    });
  };
  gauge('vllm_router_worker_health', ({ ready }) => (ready ? 1 : 0));
  gauge('vllm_router_running_requests', ({ inFlight }) => inFlight);
  gauge('vllm_router_worker_load', ({ load }) => load);
  gauge('vllm_router_cb_state', ({ breaker }) => BREAKER_NUMBERS[breaker]);

  const over = (name: Name, reduce: (ready: readonly ObservedWorker[]) => number): void => {
    metrics.gauge(name, (gauge) => gauge.set(reduce(workers().filter(({ ready }) => ready))));
  };
  over('vllm_router_active_workers', ({ length }) => length);
  over('vllm_router_max_load', (ready) => Math.max(0, ...ready.map(({ load }) => load)));
  over('vllm_router_min_load', (ready) =>
    ready.length === 0 ? 0 : Math.min(...ready.map(({ load }) => load)),
  );

  metrics.counter('vllm_router_processed_requests_total', (counter) => {
    counter.reset();
    for (const { url, started } of workers()) counter.inc({ worker: url }, started);
  });
  metrics.counter('vllm_router_cb_outcomes_total', (counter) => {
    counter.reset();
    for (const { url, succeeded, failed } of workers()) {
      counter.inc({ worker: url, outcome: 'success' }, succeeded);
      counter.inc({ worker: url, outcome: 'failure' }, failed);
    }
  });
}

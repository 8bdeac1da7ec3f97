import type { MetricSet } from './metric-set.js';
import type { ROUTER_METRICS } from './router-metric-table.js';

/** Policies that look for what caches hold. */
const CACHING: ReadonlySet<string> = new Set(['cache_aware', 'kv_aware']);

/** Counts which workers were chosen, and why. */
export class ChoiceMetrics {
  hits = 0;
  misses = 0;
  private overloads = 0;
  private readonly byPolicy = new Map<string, Map<string, number>>();

  constructor(metrics: MetricSet<typeof ROUTER_METRICS>) {
    const total = (
      name: 'cache_hits' | 'cache_misses' | 'load_balancing_events',
      of: () => number,
    ): void => {
      metrics.counter(`vllm_router_${name}_total`, (counter) => {
        counter.reset();
        counter.inc(of());
      });
    };
    total('cache_hits', () => this.hits);
    total('cache_misses', () => this.misses);
    total('load_balancing_events', () => this.overloads);
    metrics.counter('vllm_router_policy_decisions_total', (counter) => {
      counter.reset();
      for (const [policy, workers] of this.byPolicy) {
        for (const [worker, count] of workers) counter.inc({ policy, worker }, count);
      }
    });
  }

  /** @param reason as the policy gave it */
  decided(policy: string, worker: string, reason: string): void {
    let workers = this.byPolicy.get(policy);
    if (!workers) this.byPolicy.set(policy, (workers = new Map()));
    workers.set(worker, (workers.get(worker) ?? 0) + 1);
    if (!CACHING.has(policy)) return;
    // A session stays for what its worker is thought to hold.
    if (reason.startsWith('prefix') || reason === 'session') this.hits++;
    else this.misses++;
    if (reason.endsWith('overloaded')) this.overloads++;
  }

  /** It has left for good. */
  removed(worker: string): void {
    for (const workers of this.byPolicy.values()) workers.delete(worker);
  }
}

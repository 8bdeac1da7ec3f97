import type { RouterMetrics } from '../../../metrics/router.metrics.js';
import type { RoutedExchange } from '../routing/routed-exchange.js';

/** Counts a request that has ended, once, whatever its end was. */
export function count(exchange: RoutedExchange, metrics: RouterMetrics, durationMs: number): void {
  const { facts, errorCode, watch, modelMetrics, timings } = exchange;
  metrics.finished(facts.path, durationMs / 1000, errorCode);
  if (exchange.retries > 0 && hasFailed(exchange)) metrics.gaveUp(facts.path);
  if (!watch || !modelMetrics) return;
  modelMetrics.used(watch);
  const { firstByte } = timings;
  if (watch.isStream && firstByte !== undefined) modelMetrics.ttft.observe(firstByte / 1000);
}

/** After its last attempt. */
function hasFailed({ attempts }: RoutedExchange): boolean {
  const last = attempts.at(-1);
  if (!last || last.error === 'client_gone') return false;
  return (
    last.status === undefined || last.status >= 500 || last.status === 408 || last.status === 429
  );
}

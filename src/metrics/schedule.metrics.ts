import type { MetricSet } from './metric-set.js';
import type { PICKER_METRICS } from './picker-metric-table.js';
import { endpointLabels, type ObservedEndpoint } from './pool-gauges.js';
import type { LabelledValue } from './pulled-metric.js';
import { MOST_LABEL_SETS, OTHER } from './request-series.js';
import type { HistogramSeries } from './series-histogram.js';

type Named = Pick<ObservedEndpoint, 'id' | 'name' | 'namespace'>;

interface Attempts {
  readonly labels: Readonly<Record<string, string>>;
  value: number;
}

const NOWHERE: Readonly<Record<string, string>> = { endpoint_name: '', namespace: '', port: '' };
const ELSEWHERE: Readonly<Record<string, string>> = {
  endpoint_name: OTHER,
  namespace: OTHER,
  port: OTHER,
};

/** Counts decisions. */
export class ScheduleMetrics {
  private readonly duration: HistogramSeries;
  /** By target model, by endpoint. */
  private readonly successes = new Map<string, Map<string, Attempts>>();
  private readonly failures = new Map<string, Attempts>();
  private sets = 0;

  constructor(metrics: MetricSet<typeof PICKER_METRICS>) {
    this.duration = metrics.seriesHistogram('llm_d_epp_scheduler_e2e_duration_seconds').series({});
    metrics.pulled('llm_d_epp_scheduler_attempts_total', () => this.values());
  }

  /** An endpoint was found. @param target model that it is asked for; bounded @param seconds that it took */
  succeeded(target: string, endpoint: Named, seconds: number): void {
    this.duration.observe(seconds);
    const known = this.successes.get(target)?.get(endpoint.id);
    if (known) known.value++;
    else this.meet(target, endpoint);
  }

  /** None was found. */
  failed(target: string, seconds: number): void {
    this.duration.observe(seconds);
    let attempts = this.failures.get(target);
    if (!attempts) {
      const labels = { status: 'failure', target_model_name: target, ...NOWHERE };
      this.failures.set(target, (attempts = { labels, value: 0 }));
    }
    attempts.value++;
  }

  /** Its endpoint is gone for good: another one may have its address, and another name. */
  removed(id: string): void {
    for (const attempts of this.successes.values()) if (attempts.delete(id)) this.sets--;
  }

  private meet(target: string, endpoint: Named): void {
    let endpoints = this.successes.get(target);
    if (!endpoints) this.successes.set(target, (endpoints = new Map<string, Attempts>()));
    const isTooMuch = this.sets >= MOST_LABEL_SETS;
    const key = isTooMuch ? OTHER : endpoint.id;
    let attempts = endpoints.get(key);
    if (!attempts) {
      if (!isTooMuch) this.sets++;
      const where = isTooMuch ? ELSEWHERE : endpointLabels(endpoint);
      const labels = { status: 'success', target_model_name: target, ...where };
      endpoints.set(key, (attempts = { labels, value: 0 }));
    }
    attempts.value++;
  }

  private values(): LabelledValue[] {
    const successes = [...this.successes.values()].flatMap((endpoints) => [...endpoints.values()]);
    return [...successes, ...this.failures.values()];
  }
}

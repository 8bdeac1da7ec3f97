import { LabelCounts } from './label-counts.js';
import type { MetricSet } from './metric-set.js';
import type { PICKER_METRICS } from './picker-metric-table.js';
import type { LabelledValue } from './pulled-metric.js';
import type { HistogramSeries, SeriesHistogram } from './series-histogram.js';

/** How a request left flow control. */
export type FlowOutcome =
  | 'Dispatched'
  | 'RejectedCapacity'
  | 'RejectedNoEndpoints'
  | 'RejectedShuttingDown'
  | 'EvictedTTL'
  | 'EvictedNoEndpoints'
  | 'EvictedContextCancelled'
  | 'EvictedOther';

/** Requests of one priority that wait. */
interface ObservedBand {
  readonly priority: number;
  readonly queued: number;
  readonly queuedBytes: number;
  /** Infinity where there is no such limit. */
  readonly maxRequests: number;
  readonly maxBytes: number;
  readonly flows: readonly ObservedFlow[];
}

interface ObservedFlow {
  readonly fairnessId: string;
  readonly queued: number;
  readonly queuedBytes: number;
}

/** Flow control, when the metrics are read: see `AdmissionState`. */
export interface ObservedFlowControl {
  readonly bands: readonly ObservedBand[];
  readonly saturation: Readonly<Record<'prefill' | 'decode', number | undefined>> & {
    readonly effective: number;
  };
  readonly staleEndpoints: number;
}

const STAGES = ['prefill', 'decode', 'effective'] as const;

/** Counts what happens in flow control; where there is none it tells of nothing. */
export class FlowControlMetrics {
  /** Asked when the metrics are read; undefined without flow control. */
  observed: () => ObservedFlowControl | undefined = () => undefined;
  private readonly queued: SeriesHistogram;
  private readonly cycles: HistogramSeries;
  private readonly puts: HistogramSeries;
  private readonly outcomes = new Map<FlowOutcome, Map<number, HistogramSeries>>();

  /** @param poolName of the pool, known at the time of the first request */
  constructor(
    metrics: MetricSet<typeof PICKER_METRICS>,
    private readonly poolName: () => string,
  ) {
    this.queued = metrics.seriesHistogram('llm_d_epp_flow_control_request_queue_duration_seconds');
    this.cycles = metrics
      .seriesHistogram('llm_d_epp_flow_control_dispatch_cycle_duration_seconds')
      .series({});
    metrics.pulled('llm_d_epp_flow_control_requests_total', () =>
      this.queued.all.map(({ labels, count }) => ({ labels, value: count })),
    );
    this.puts = metrics
      .seriesHistogram('llm_d_epp_flow_control_request_enqueue_duration_seconds')
      .series({});
    metrics.pulled('llm_d_epp_flow_control_queue_size', () => this.sums(({ queued }) => queued));
    metrics.pulled('llm_d_epp_flow_control_queue_bytes', () =>
      this.sums(({ queuedBytes }) => queuedBytes),
    );
    metrics.pulled('llm_d_epp_flow_control_capacity_utilization_requests', () =>
      this.bands(({ queued, maxRequests }) => queued / maxRequests),
    );
    metrics.pulled('llm_d_epp_flow_control_capacity_utilization_bytes', () =>
      this.bands(({ queuedBytes, maxBytes }) => queuedBytes / maxBytes),
    );
    metrics.pulled('llm_d_epp_flow_control_stale_endpoints', () => {
      const { observed, labels } = this;
      const state = observed();
      return state ? [{ labels, value: state.staleEndpoints }] : [];
    });
    metrics.pulled('llm_d_epp_flow_control_pool_saturation', () => this.saturation());
  }

  /** A request has left flow control. @param seconds that it was in it */
  left(outcome: FlowOutcome, priority: number, seconds: number): void {
    const series = this.outcomes.get(outcome)?.get(priority) ?? this.meet(outcome, priority);
    series.observe(seconds);
  }

  /** It was looked whether something may be let go. */
  cycle(seconds: number): void {
    this.cycles.observe(seconds);
  }

  /** A request was put into its queue. */
  enqueued(seconds: number): void {
    this.puts.observe(seconds);
  }

  private get labels(): Readonly<Record<string, string>> {
    return { inference_pool: this.poolName() };
  }

  private saturation(): LabelledValue[] {
    const state = this.observed();
    if (!state) return [];
    return STAGES.flatMap((stage) => {
      const value = state.saturation[stage];
      return value === undefined ? [] : [{ labels: { ...this.labels, stage }, value }];
    });
  }

  private bands(valueOf: (band: ObservedBand) => number): LabelledValue[] {
    const bands = this.observed()?.bands ?? [];
    return bands.map((band) => ({
      labels: { priority: String(band.priority), ...this.labels },
      value: valueOf(band),
    }));
  }

  private meet(outcome: FlowOutcome, priority: number): HistogramSeries {
    let priorities = this.outcomes.get(outcome);
    if (!priorities) {
      this.outcomes.set(outcome, (priorities = new Map<number, HistogramSeries>()));
    }
    const labels = { outcome, priority: String(priority), inference_pool: this.poolName() };
    const series = this.queued.series(labels);
    priorities.set(priority, series);
    return series;
  }

  /** A line a flow that has something waiting; one of 0 where none has, so that there always is one. */
  private sums(valueOf: (flow: ObservedFlow) => number): LabelledValue[] {
    const observed = this.observed();
    if (!observed) return [];
    const names = ['fairness_id', 'priority', 'inference_pool'];
    const sums = new LabelCounts(names, ['priority', 'inference_pool']);
    const pool = this.poolName();
    for (const { priority, flows } of observed.bands) {
      for (const flow of flows) {
        sums.add([flow.fairnessId, String(priority), pool], valueOf(flow));
      }
    }
    const values = sums.values();
    if (values.length > 0) return values;
    return [{ labels: { fairness_id: '', priority: '0', inference_pool: pool }, value: 0 }];
  }
}

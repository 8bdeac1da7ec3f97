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

/** The requests of a flow that wait. */
export interface ObservedFlow {
  readonly fairnessId: string;
  readonly priority: number;
  readonly requests: number;
  readonly bytes: number;
}

/** Flow control, when the metrics are read. */
export interface ObservedFlowControl {
  readonly flows: Iterable<ObservedFlow>;
  /** 1 and more is full. */
  readonly saturation: number;
}

/** Counts what happens in flow control; where there is none it tells of nothing. */
export class FlowControlMetrics {
  /** Asked when the metrics are read; undefined without flow control. */
  observed: () => ObservedFlowControl | undefined = () => undefined;
  private readonly queued: SeriesHistogram;
  private readonly cycles: HistogramSeries;
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
    metrics.pulled('llm_d_epp_flow_control_queue_size', () =>
      this.sums(({ requests }) => requests),
    );
    metrics.pulled('llm_d_epp_flow_control_queue_bytes', () => this.sums(({ bytes }) => bytes));
    metrics.pulled('llm_d_epp_flow_control_pool_saturation', () => {
      const observed = this.observed();
      if (!observed) return [];
      return [{ labels: { inference_pool: poolName() }, value: observed.saturation }];
    });
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
    for (const flow of observed.flows) {
      sums.add([flow.fairnessId, String(flow.priority), pool], valueOf(flow));
    }
    const values = sums.values();
    if (values.length > 0) return values;
    return [{ labels: { fairness_id: '', priority: '0', inference_pool: pool }, value: 0 }];
  }
}

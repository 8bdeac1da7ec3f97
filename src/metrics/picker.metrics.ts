import type { Registry } from 'prom-client';
import { AnswerHistograms } from './answer-series.js';
import { nameOfStatus } from './error-codes.js';
import { FlowControlMetrics } from './flow-control.metrics.js';
import { LabelCounts } from './label-counts.js';
import { MetricSet } from './metric-set.js';
import { PICKER_METRICS } from './picker-metric-table.js';
import { PICKER_TWINS } from './picker-twin-metric-table.js';
import { collectPool, type ObservedPool } from './pool-gauges.js';
import { PrefixIndexMetrics } from './prefix-index.metrics.js';
import { RequestRecord } from './request-record.js';
import { RequestSeries } from './request-series.js';
import { ScheduleMetrics } from './schedule.metrics.js';
import type { HistogramSeries } from './series-histogram.js';

/** Whose request it is where it does not say. */
export const DEFAULT_FLOW = 'default-flow';

/** A request as it is counted: see `InferenceRequest`. */
export interface StartedRequest {
  /** That the client named, '' for none. */
  readonly model: string;
  /** That the server is asked for. */
  readonly targetModel: string;
  /** '' where it does not say. */
  readonly fairnessId: string;
  readonly priority: number;
  /** Of its body. */
  readonly bytes: number;
  /** When its last byte came: `performance.now()`. */
  readonly receivedAt: number;
}

/** How a request that shares its work between servers is served. */
export type DisaggregationDecision =
  'decode-only' | 'prefill-decode' | 'encode-decode' | 'encode-prefill-decode';

/** Counts what the picker does. Times are seconds. */
export class PickerMetrics {
  private readonly metrics = new MetricSet(PICKER_METRICS);
  private readonly requests = new RequestSeries(new AnswerHistograms(this.metrics));
  readonly scheduler = new ScheduleMetrics(this.metrics);
  readonly flowControl = new FlowControlMetrics(this.metrics, () => this.pool().name);
  readonly prefixes = new PrefixIndexMetrics(this.metrics);
  private readonly rewrites = new LabelCounts(
    ['model_rewrite_name', 'model_name', 'target_model'],
    ['model_rewrite_name'],
  );
  private readonly disaggregations = new LabelCounts(
    ['model_name', 'decision_type'],
    ['decision_type'],
  );
  private readonly streamEnds = new LabelCounts(['code']);
  private readonly streamDuration: HistogramSeries;
  private streams = 0;

  /** Asked when the metrics are read; whoever knows sets it at start. */
  pool: () => ObservedPool = () => ({ name: 'default', endpoints: [] });

  /** Failed questions to model servers, by the type of the source. */
  pollErrors: () => ReadonlyMap<string, number> = () => new Map();

  constructor(version: string) {
    const { metrics, requests } = this;
    metrics.pulled('llm_d_epp_request_total', () => requests.values(({ started }) => started));
    metrics.pulled('llm_d_epp_request_running', () => requests.values(({ running }) => running));
    metrics.pulled('llm_d_epp_request_error_total', () => requests.errors());
    metrics.pulled('llm_d_epp_model_rewrite_decisions_total', () => this.rewrites.values());
    metrics.pulled('llm_d_epp_disagg_decision_total', () => this.disaggregations.values());
    collectPool(metrics, () => this.pool());
    metrics.pulled('llm_d_epp_datalayer_poll_errors_total', () =>
      [...this.pollErrors()].map(([source_type, value]) => ({ labels: { source_type }, value })),
    );
    metrics.pulled('llm_d_epp_extproc_streams_inflight', () => [
      { labels: {}, value: this.streams },
    ]);
    metrics.pulled('llm_d_epp_extproc_streams_total', () => this.streamEnds.values());
    const duration = metrics.seriesHistogram('llm_d_epp_extproc_stream_duration_seconds');
    this.streamDuration = duration.series({});
    const info = { labels: { commit: '', build_ref: version }, value: 1 };
    metrics.pulled('llm_d_epp_info', () => [info]);
    for (const [name, of] of Object.entries(PICKER_TWINS)) metrics.twin(name, of);
  }

  get registry(): Registry {
    return this.metrics.registry;
  }

  collectProcessMetrics(): void {
    this.metrics.collectProcessMetrics();
  }

  /** A request was understood: it is counted, and what becomes of it by what is returned. */
  requestStarted(request: StartedRequest): RequestRecord {
    const { model, targetModel, fairnessId, priority, bytes, receivedAt } = request;
    const series = this.requests.of(model, targetModel, fairnessId || DEFAULT_FLOW, priority);
    return new RequestRecord(series, receivedAt, bytes);
  }

  /** A request was refused before it was understood. @param status of the answer */
  refused(status: number): void {
    this.requests.of('', '', DEFAULT_FLOW, 0).failed(nameOfStatus(status));
  }

  /** Another model is asked for. @param rewrite name of the InferenceModelRewrite, or `header` */
  rewritten(rewrite: string, model: string, target: string): void {
    this.rewrites.add([rewrite, model, target]);
  }

  /** A handler that knows several roles has decided. */
  disaggregated(model: string, decision: DisaggregationDecision): void {
    this.disaggregations.add([model, decision]);
  }

  streamOpened(): void {
    this.streams++;
  }

  /** @param code of gRPC, by its name @param seconds from its begin */
  streamClosed(code: string, seconds: number): void {
    this.streams--;
    this.streamEnds.add([code]);
    this.streamDuration.observe(seconds);
  }
}

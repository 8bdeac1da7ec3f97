import type { MetricSet } from './metric-set.js';
import type { PICKER_METRICS } from './picker-metric-table.js';
import type { HistogramSeries, SeriesHistogram } from './series-histogram.js';

type Labels = Readonly<Record<string, string>>;

/** The histograms of answers with 2xx. */
export class AnswerHistograms {
  private readonly duration;
  private readonly ttft;
  private readonly gaps;
  private readonly perToken;
  private readonly normalized;
  private readonly requestBytes;
  private readonly responseBytes;
  private readonly input;
  private readonly output;
  private readonly cached;

  constructor(metrics: MetricSet<typeof PICKER_METRICS>) {
    const of = (name: keyof typeof PICKER_METRICS): SeriesHistogram =>
      metrics.seriesHistogram(name);
    this.duration = of('llm_d_epp_request_duration_seconds');
    this.ttft = of('llm_d_epp_request_ttft_seconds');
    this.gaps = of('llm_d_epp_request_streaming_itl_seconds');
    this.perToken = of('llm_d_epp_request_streaming_tpot_seconds');
    this.normalized = of('llm_d_epp_request_ntpot_seconds');
    this.requestBytes = of('llm_d_epp_request_size_bytes');
    this.responseBytes = of('llm_d_epp_response_size_bytes');
    this.input = of('llm_d_epp_request_input_tokens');
    this.output = of('llm_d_epp_request_output_tokens');
    this.cached = of('llm_d_epp_request_cached_tokens');
  }

  /** @param labels of which there are no series yet */
  series(labels: Labels): AnswerSeries {
    return {
      duration: this.duration.series(labels),
      ttft: this.ttft.series({ ...labels, streaming: 'false' }),
      streamedTtft: this.ttft.series({ ...labels, streaming: 'true' }),
      gaps: this.gaps.series(labels),
      perToken: this.perToken.series(labels),
      normalized: this.normalized.series(labels),
      requestBytes: this.requestBytes.series(labels),
      responseBytes: this.responseBytes.series(labels),
      input: this.input.series(labels),
      output: this.output.series(labels),
      cached: this.cached.series(labels),
    };
  }
}

/** Of one model. */
export type AnswerSeries = Readonly<
  Record<
    | 'duration'
    | 'ttft'
    | 'streamedTtft'
    | 'gaps'
    | 'perToken'
    | 'normalized'
    | 'requestBytes'
    | 'responseBytes'
    | 'input'
    | 'output'
    | 'cached',
    HistogramSeries
  >
>;

import type { MetricSet } from './metric-set.js';
import type { HistogramSeries, SeriesHistogram } from './series-histogram.js';
import type { TOKEN_METRICS } from './token-metric-table.js';

/** Values of the label `model`, `other` and `unknown` beside them. */
const MOST_MODELS = 100;
const LONGEST_NAME = 256;
const OTHER = 'other';
const UNKNOWN = 'unknown';

/** What an answer told of its tokens. */
export interface ToldUsage {
  readonly prompt: number | undefined;
  readonly completion: number | undefined;
  readonly cached: number | undefined;
}

/** What is counted of the answers of one model. */
export class ModelMetrics {
  prompt = 0;
  completion = 0;
  cached = 0;

  constructor(
    readonly model: string,
    readonly ttft: HistogramSeries,
    readonly gaps: HistogramSeries,
  ) {}

  used({ prompt = 0, completion = 0, cached = 0 }: ToldUsage): void {
    this.prompt += prompt;
    this.completion += completion;
    this.cached += cached;
  }
}

/** Counts tokens and their times by model. */
export class TokenMetrics {
  readonly ttft: SeriesHistogram;
  readonly gaps: SeriesHistogram;
  private readonly models = new Map<string, ModelMetrics>();
  private named = 0;

  constructor(metrics: MetricSet<typeof TOKEN_METRICS>) {
    this.ttft = metrics.seriesHistogram('vllm_router_ttft_seconds');
    this.gaps = metrics.seriesHistogram('vllm_router_inter_token_latency_seconds');
    metrics.counter('vllm_router_tokens_total', (tokens) => {
      tokens.reset();
      for (const { model, prompt, completion } of this.all()) {
        tokens.inc({ type: 'prompt', model }, prompt);
        tokens.inc({ type: 'completion', model }, completion);
      }
    });
    metrics.counter('vllm_router_cached_tokens_total', (tokens) => {
      tokens.reset();
      for (const { model, cached } of this.all()) tokens.inc({ model }, cached);
    });
  }

  /** Of all models together. */
  sums(): Required<Record<keyof ToldUsage, number>> {
    const sums = { prompt: 0, completion: 0, cached: 0 };
    for (const { prompt, completion, cached } of this.all()) {
      sums.prompt += prompt;
      sums.completion += completion;
      sums.cached += cached;
    }
    return sums;
  }

  /** In the order in which they were met. */
  all(): Iterable<ModelMetrics> {
    return this.models.values();
  }

  /**
   * Series must not grow with what clients think of: only those names get one, and not many, for which a worker had a
   * good answer.
   *
   * @param name that the request names
   */
  of(name: string | undefined): ModelMetrics {
    const model = name === undefined || name === '' ? UNKNOWN : name;
    return this.models.get(model) ?? this.meet(model);
  }

  private meet(model: string): ModelMetrics {
    if (model !== UNKNOWN && model !== OTHER) {
      if (this.named >= MOST_MODELS || model.length > LONGEST_NAME) return this.of(OTHER);
      this.named++;
    }
    const labels = { model };
    const metrics = new ModelMetrics(model, this.ttft.series(labels), this.gaps.series(labels));
    this.models.set(model, metrics);
    return metrics;
  }
}

import type { MetricSet } from './metric-set.js';
import type { ROUTER_METRICS } from './router-metric-table.js';
import type { HistogramSeries, SeriesHistogram } from './series-histogram.js';

const EMBEDDINGS = '/v1/embeddings';

/** Counts requests and their times by route. */
export class RouteMetrics {
  private readonly duration: SeriesHistogram;
  private readonly generation: HistogramSeries;
  private readonly embedding: HistogramSeries;
  private readonly byRoute = new Map<string, HistogramSeries>();

  constructor(metrics: MetricSet<typeof ROUTER_METRICS>) {
    this.duration = metrics.seriesHistogram('vllm_router_request_duration_seconds');
    this.generation = metrics.seriesHistogram('vllm_router_generate_duration_seconds').series({});
    this.embedding = metrics.seriesHistogram('vllm_router_embeddings_duration_seconds').series({});
    metrics.counter('vllm_router_requests_total', (requests) => {
      requests.reset();
      for (const [route, series] of this.byRoute) requests.inc({ route }, series.count);
    });
    metrics.counter('vllm_router_embeddings_total', (requests) => {
      requests.reset();
      requests.inc(this.byRoute.get(EMBEDDINGS)?.count ?? 0);
    });
  }

  /** Requests so far. */
  get total(): number {
    return this.generation.count + this.embedding.count;
  }

  /** @param route one of few */
  finished(route: string, seconds: number): void {
    let series = this.byRoute.get(route);
    if (!series) this.byRoute.set(route, (series = this.duration.series({ route })));
    series.observe(seconds);
    (route === EMBEDDINGS ? this.embedding : this.generation).observe(seconds);
  }
}

import type { MetricSet } from './metric-set.js';
import type { PAIR_METRICS } from './pair-metric-table.js';

type Set = MetricSet<typeof PAIR_METRICS>;

/** Counts what becomes of requests that a prefill worker and a decode worker share. Times are seconds. */
export class PairMetrics {
  private readonly requests;
  private readonly duration;
  private readonly errors;
  private readonly legs;
  private readonly failures;
  private readonly broken;

  /** @param routeOf the bounded `route` label of a path */
  constructor(
    metrics: Set,
    private readonly routeOf: (path: string) => string,
  ) {
    this.requests = metrics.counter('vllm_router_pd_requests_total');
    this.duration = metrics.histogram('vllm_router_pd_request_duration_seconds');
    this.errors = metrics.counter('vllm_router_pd_errors_total');
    this.legs = {
      prefill: metrics.counter('vllm_router_pd_prefill_requests_total'),
      decode: metrics.counter('vllm_router_pd_decode_requests_total'),
    };
    this.failures = {
      prefill: metrics.counter('vllm_router_pd_prefill_errors_total'),
      decode: metrics.counter('vllm_router_pd_decode_errors_total'),
    };
    this.broken = metrics.counter('vllm_router_pd_stream_errors_total');
  }

  /** @param error code of the error that the client got from here */
  finished(path: string, seconds: number, error?: string): void {
    const route = this.routeOf(path);
    this.requests.inc({ route });
    this.duration.observe({ route }, seconds);
    if (error !== undefined) this.errors.inc({ error_type: error });
  }

  asked(role: 'prefill' | 'decode', worker: string): void {
    this.legs[role].inc({ worker });
  }

  failed(role: 'prefill' | 'decode', worker: string): void {
    this.failures[role].inc({ worker });
  }

  /** A decode broke off within its answer. */
  cut(worker: string): void {
    this.broken.inc({ worker });
  }
}

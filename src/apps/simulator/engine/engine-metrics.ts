import { Histogram } from './histogram.js';

const SHORT = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];
const LONG = [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960];
const TRANSFER = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 5];

/** Why a request ended; `abort`: the client left. */
export type FinishedReason = 'stop' | 'length' | 'abort' | 'error';

const FINISHED_REASONS: readonly FinishedReason[] = ['stop', 'length', 'abort', 'error'];

/** What is read from the engine when metrics are scraped. */
export interface EngineGauges {
  readonly running: number;
  readonly waiting: number;
  /** From 0 to 1. */
  readonly kvCacheUsage: number;
}

/** The metrics that load balancers and dashboards read from vLLM, under vLLM's names. */
export class EngineMetrics {
  readonly finished: Record<FinishedReason, number> = { stop: 0, length: 0, abort: 0, error: 0 };
  promptTokens = 0;
  generationTokens = 0;
  prefixCacheQueries = 0;
  prefixCacheHits = 0;
  externalCacheQueries = 0;
  externalCacheHits = 0;
  failedTransfers = 0;
  expiredRequests = 0;
  notificationsAfterExpiry = 0;
  readonly transferTime = new Histogram(TRANSFER);
  readonly timeToFirstToken = new Histogram(SHORT);
  readonly endToEnd = new Histogram(LONG);

  /** @returns Prometheus' text format */
  expose(model: string, gauges: EngineGauges): string {
    const labels = `engine="0",model_name="${model}"`;
    const counter = (name: string, help: string, value: number): string[] => [
      ...head(`vllm:${name}`, help, 'counter'),
      `vllm:${name}_total{${labels}} ${value}`,
    ];
    const gauge = (name: string, help: string, value: number): string[] => [
      ...head(`vllm:${name}`, help, 'gauge'),
      `vllm:${name}{${labels}} ${value}`,
    ];
    const histogram = (name: string, help: string, value: Histogram): string[] => [
      ...head(`vllm:${name}`, help, 'histogram'),
      ...value.lines(`vllm:${name}`, labels),
    ];
    const success = FINISHED_REASONS.map(
      (reason) =>
        `vllm:request_success_total{${labels},finished_reason="${reason}"} ${this.finished[reason]}`,
    );
    return `${[
      ...gauge('num_requests_running', 'Requests in execution.', gauges.running),
      ...gauge('num_requests_waiting', 'Requests waiting to be processed.', gauges.waiting),
      ...gauge('kv_cache_usage_perc', 'KV cache usage; 1 is full.', gauges.kvCacheUsage),
      ...counter('prompt_tokens', 'Prefill tokens processed.', this.promptTokens),
      ...counter('generation_tokens', 'Generation tokens processed.', this.generationTokens),
      ...counter(
        'prefix_cache_queries',
        'Prefix cache lookups, in tokens.',
        this.prefixCacheQueries,
      ),
      ...counter('prefix_cache_hits', 'Prefix cache hits, in tokens.', this.prefixCacheHits),
      ...counter(
        'external_prefix_cache_queries',
        'Looked for elsewhere, in tokens.',
        this.externalCacheQueries,
      ),
      ...counter(
        'external_prefix_cache_hits',
        'Found elsewhere, in tokens.',
        this.externalCacheHits,
      ),
      ...head('vllm:request_success', 'Requests by how they ended.', 'counter'),
      ...success,
      ...histogram('time_to_first_token_seconds', 'Time to first token.', this.timeToFirstToken),
      ...histogram('e2e_request_latency_seconds', 'End-to-end latency.', this.endToEnd),
      ...histogram('nixl_xfer_time_seconds', 'Duration of NIXL KV transfers.', this.transferTime),
      ...counter('nixl_num_failed_transfers', 'Failed NIXL KV transfers.', this.failedTransfers),
      ...counter('nixl_num_kv_expired_reqs', 'Requests whose KV expired.', this.expiredRequests),
      ...counter(
        'nixl_num_notifications_after_expiry',
        'Late fetches.',
        this.notificationsAfterExpiry,
      ),
    ].join('\n')}\n`;
  }
}

function head(name: string, help: string, type: string): string[] {
  const family = type === 'counter' ? `${name}_total` : name;
  return [`# HELP ${family} ${help}`, `# TYPE ${family} ${type}`];
}

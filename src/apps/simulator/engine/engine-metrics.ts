import type { SimulatorConfig } from '../simulator.settings.js';
import { Exposition } from './exposition.js';
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
  expose(config: SimulatorConfig, gauges: EngineGauges): string {
    const out = new Exposition(`engine="0",model_name="${config.model}"`);
    out.gauge('num_requests_running', 'Requests in execution.', gauges.running);
    out.gauge('num_requests_waiting', 'Requests waiting to be processed.', gauges.waiting);
    out.gauge('kv_cache_usage_perc', 'KV cache usage; 1 is full.', gauges.kvCacheUsage);
    const { blockSize, numGpuBlocks } = config;
    out.gauge('cache_config_info', 'The cache of the engine.', 1, {
      block_size: String(blockSize),
      num_gpu_blocks: String(numGpuBlocks),
    });
    this.exposeTokens(out);
    for (const reason of FINISHED_REASONS) {
      const labels = { finished_reason: reason };
      out.counter('request_success', 'Requests by how they ended.', this.finished[reason], labels);
    }
    out.histogram('time_to_first_token_seconds', 'Time to first token.', this.timeToFirstToken);
    out.histogram('e2e_request_latency_seconds', 'End-to-end latency.', this.endToEnd);
    this.exposeTransfers(out);
    return out.text();
  }

  private exposeTokens(out: Exposition): void {
    out.counter('prompt_tokens', 'Prefill tokens processed.', this.promptTokens);
    out.counter('generation_tokens', 'Generation tokens processed.', this.generationTokens);
    out.counter('prefix_cache_queries', 'Tokens looked up.', this.prefixCacheQueries);
    out.counter('prefix_cache_hits', 'Tokens found.', this.prefixCacheHits);
    const { externalCacheQueries, externalCacheHits } = this;
    out.counter('external_prefix_cache_queries', 'Tokens to be pulled.', externalCacheQueries);
    out.counter('external_prefix_cache_hits', 'Tokens pulled.', externalCacheHits);
  }

  private exposeTransfers(out: Exposition): void {
    const { failedTransfers, expiredRequests, notificationsAfterExpiry } = this;
    out.histogram('nixl_xfer_time_seconds', 'Duration of KV transfers.', this.transferTime);
    out.counter('nixl_num_failed_transfers', 'Failed KV transfers.', failedTransfers);
    out.counter('nixl_num_kv_expired_reqs', 'Requests whose KV expired.', expiredRequests);
    out.counter('nixl_num_notifications_after_expiry', 'Late fetches.', notificationsAfterExpiry);
  }
}

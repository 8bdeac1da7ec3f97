import type { MetricRow } from './metric-table.js';

const MODEL =
  'a model, 100 of them at most; all others are `other`, requests that name none `unknown`';

/** What vllm-router has not: how fast tokens come, and how many, by model. */
export const TOKEN_METRICS = {
  vllm_router_ttft_seconds: {
    type: 'histogram',
    help: 'Of streamed answers, the time from the arrival of the request to the first byte of the body.',
    labels: { model: MODEL },
    buckets: [
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5,
      2, 3, 5, 7.5, 10, 15, 30, 60, 120, 240,
    ],
  },
  vllm_router_inter_token_latency_seconds: {
    type: 'histogram',
    help: 'Of streamed answers, the time between two events that bring tokens.',
    labels: { model: MODEL },
    buckets: [
      0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15,
      0.2, 0.3, 0.5, 0.75, 1, 2.5, 5, 10,
    ],
  },
  vllm_router_tokens_total: {
    type: 'counter',
    help: 'Tokens as answers tell them in their usage; of an answer that tells none, none are counted.',
    labels: { type: '`prompt` (cached ones included) or `completion`', model: MODEL },
  },
  vllm_router_cached_tokens_total: {
    type: 'counter',
    help: 'Of the prompt tokens, those that workers say they had in a cache.',
    labels: { model: MODEL },
  },
} as const satisfies Record<string, MetricRow>;

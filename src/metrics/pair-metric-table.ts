import { ROUTE, ROUTER_BUCKETS, WORKER } from './router-metric-labels.js';
import type { MetricRow } from './metric-table.js';

/** The router's metrics of prefill/decode pairs by name: those of vllm-router. */
export const PAIR_METRICS = {
  vllm_router_pd_requests_total: {
    type: 'counter',
    help: 'Requests of clients that were for a prefill worker and a decode worker.',
    labels: { route: ROUTE },
  },
  vllm_router_pd_request_duration_seconds: {
    type: 'histogram',
    help: 'Time from the arrival of such a request to the last byte of its answer.',
    labels: { route: ROUTE },
    buckets: ROUTER_BUCKETS,
  },
  vllm_router_pd_errors_total: {
    type: 'counter',
    help: 'Such requests that were answered with an error from here, by its code.',
    labels: { error_type: 'a code of the error table' },
  },
  vllm_router_pd_prefill_requests_total: {
    type: 'counter',
    help: 'Prefills that a worker was asked for.',
    labels: { worker: WORKER },
  },
  vllm_router_pd_prefill_errors_total: {
    type: 'counter',
    help: 'Those that failed: no answer, no usable one, or a status after which another worker is asked.',
    labels: { worker: WORKER },
  },
  vllm_router_pd_decode_requests_total: {
    type: 'counter',
    help: 'Decodes that a worker was asked for.',
    labels: { worker: WORKER },
  },
  vllm_router_pd_decode_errors_total: {
    type: 'counter',
    help: 'Those that failed before the client had anything of them.',
    labels: { worker: WORKER },
  },
  vllm_router_pd_stream_errors_total: {
    type: 'counter',
    help: 'Those that broke off within their answer.',
    labels: { worker: WORKER },
  },
} as const satisfies Record<string, MetricRow>;

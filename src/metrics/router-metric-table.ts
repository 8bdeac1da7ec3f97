import type { MetricRow } from './metric-table.js';
import { PAIR_METRICS } from './pair-metric-table.js';
import { ROUTE, ROUTER_BUCKETS as BUCKETS, WORKER } from './router-metric-labels.js';
import { TOKEN_METRICS } from './token-metric-table.js';

/** The router's metrics by name: those of vllm-router, so that its dashboards go on working. */
export const ROUTER_METRICS = {
  ...TOKEN_METRICS,
  vllm_router_requests_total: {
    type: 'counter',
    help: 'Requests of clients, but for those that the router itself answers.',
    labels: { route: ROUTE },
  },
  vllm_router_request_duration_seconds: {
    type: 'histogram',
    help: 'Time from the arrival of a request to the last byte of its answer.',
    labels: { route: ROUTE },
    buckets: BUCKETS,
  },
  vllm_router_request_errors_total: {
    type: 'counter',
    help: 'Requests that were answered with an error from here, by its code.',
    labels: { route: ROUTE, error_type: 'a code of the error table' },
  },
  vllm_router_retries_total: {
    type: 'counter',
    help: 'Attempts after the first one.',
    labels: { route: ROUTE },
  },
  vllm_router_retry_backoff_duration_seconds: {
    type: 'histogram',
    help: 'Time between attempts.',
    labels: { attempt: 'the attempt that failed, from 1' },
    buckets: BUCKETS,
  },
  vllm_router_cb_state: {
    type: 'gauge',
    help: "The state of a worker's circuit breaker: 0 closed, 1 open, 2 half-open.",
    labels: { worker: WORKER },
  },
  vllm_router_cb_state_transitions_total: {
    type: 'counter',
    help: 'Changes of it.',
    labels: { worker: WORKER, from: 'closed, open or half_open', to: 'likewise' },
  },
  vllm_router_active_workers: { type: 'gauge', help: 'Workers that take requests.' },
  vllm_router_worker_health: {
    type: 'gauge',
    help: '1 where a worker answers its probes, else 0.',
    labels: { worker: WORKER },
  },
  vllm_router_running_requests: {
    type: 'gauge',
    help: 'Requests in flight at a worker, from the choice to the last byte of the answer.',
    labels: { worker: WORKER },
  },
  vllm_router_processed_requests_total: {
    type: 'counter',
    help: 'Attempts at a worker.',
    labels: { worker: WORKER },
  },
  vllm_router_policy_decisions_total: {
    type: 'counter',
    help: 'Choices of a worker.',
    labels: { policy: 'a name of `--policy`', worker: WORKER },
  },
  vllm_router_retries_exhausted_total: {
    type: 'counter',
    help: 'Requests whose last attempt failed as those before it did.',
    labels: { route: ROUTE },
  },
  vllm_router_cb_outcomes_total: {
    type: 'counter',
    help: 'Attempts as circuit breakers count them; those that the client abandoned are none.',
    labels: { worker: WORKER, outcome: '`success` or `failure`' },
  },
  vllm_router_worker_load: {
    type: 'gauge',
    help: 'The load of a worker as policies see it: requests in flight, and what it says of others.',
    labels: { worker: WORKER },
  },
  vllm_router_max_load: {
    type: 'gauge',
    help: 'The largest load of a worker that takes requests.',
  },
  vllm_router_min_load: { type: 'gauge', help: 'The smallest one.' },
  vllm_router_load_balancing_events_total: {
    type: 'counter',
    help: 'Requests that cache_aware did not send to the worker with the longest prefix, for that was overloaded.',
  },
  vllm_router_cache_hits_total: {
    type: 'counter',
    help: 'Choices of a worker because of what its cache is thought to hold.',
  },
  vllm_router_cache_misses_total: {
    type: 'counter',
    help: 'Choices of a policy that looks for that and found too little of it.',
  },
  vllm_router_kv_routing_inputs_total: {
    type: 'counter',
    help: 'Prompts whose tokens kv_aware wanted.',
    labels: {
      transport: 'http',
      result:
        '`tokenize` (a worker told), `cached`, `token_ids` (they were in the request), `unsupported` (nobody can tell, such as of images), `timeout`, `failed`, or `skipped` (too long, or too many failed just now)',
    },
  },
  vllm_router_kv_events_total: {
    type: 'counter',
    help: 'KV events that were taken.',
    labels: { worker: WORKER },
  },
  vllm_router_kv_event_incidents_total: {
    type: 'counter',
    help: 'What went wrong with KV events.',
    labels: {
      worker: WORKER,
      kind: '`gap` (some were missed), `restart` (of the publisher), `orphan` (a block after one that is not known), `malformed` or `replay_failed`',
    },
  },
  vllm_router_kv_index_blocks: {
    type: 'gauge',
    help: 'Blocks that a worker is known to hold.',
    labels: { worker: WORKER },
  },
  vllm_router_kv_events_live: {
    type: 'gauge',
    help: '1 where the KV events of a worker are subscribed to and none is missing, else 0.',
    labels: { worker: WORKER },
  },
  vllm_router_tree_size: {
    type: 'gauge',
    help: 'Characters of texts that cache_aware remembers of a worker.',
    labels: { worker: WORKER },
  },
  vllm_router_generate_duration_seconds: {
    type: 'histogram',
    help: 'Time from the arrival of a request to the last byte of its answer, of all that goes to workers but embeddings.',
    buckets: BUCKETS,
  },
  vllm_router_embeddings_total: { type: 'counter', help: 'Requests for embeddings.' },
  vllm_router_embeddings_duration_seconds: {
    type: 'histogram',
    help: 'Time from the arrival of one to the last byte of its answer.',
    buckets: BUCKETS,
  },
  vllm_router_embeddings_errors_total: {
    type: 'counter',
    help: 'Requests for embeddings that were answered with an error from here, by its code.',
    labels: { error_type: 'a code of the error table' },
  },
  vllm_router_discovery_updates_total: {
    type: 'counter',
    help: 'Sets of workers that a file or the Kubernetes API has told, whether something changed or not.',
  },
  vllm_router_discovery_workers_added: {
    type: 'counter',
    help: 'Workers that discovery has brought in, each return included.',
  },
  vllm_router_discovery_workers_removed: {
    type: 'counter',
    help: 'Workers that discovery has taken out.',
  },
  vllm_router_discovery_last_success_seconds: {
    type: 'gauge',
    help: 'When a source of workers last proved to be current, as Unix time: an age that grows beyond the interval is an outage.',
    labels: { source: '`file`, `kubernetes` or `announced`' },
  },
  ...PAIR_METRICS,
} as const satisfies Record<string, MetricRow>;

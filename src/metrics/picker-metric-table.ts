import type { MetricRow } from './metric-table.js';
import { PICKER_FLOW_METRICS } from './picker-flow-metric-table.js';
import { ENDPOINT, PICKER_BUCKETS as BUCKETS, POOL } from './picker-metric-labels.js';
import { PICKER_REQUEST_METRICS } from './picker-request-metric-table.js';

const PLUGIN = {
  plugin_name: 'of the plugin in the configuration',
  plugin_type: 'its type',
};
const STATUS = { status: '`success` or `failure`' };

/** The picker's metrics by name: those of llm-d's endpoint picker, so that its dashboards go on working. */
export const PICKER_METRICS = {
  ...PICKER_REQUEST_METRICS,
  llm_d_epp_scheduler_e2e_duration_seconds: {
    type: 'histogram',
    help: 'Time of a decision, filters, scorers and picker of all profiles.',
    buckets: BUCKETS.own,
  },
  llm_d_epp_scheduler_attempts_total: {
    type: 'counter',
    help: 'Decisions; of one that failed the labels of the endpoint are empty.',
    labels: { ...STATUS, target_model_name: 'the model that the server is asked for', ...ENDPOINT },
  },
  llm_d_epp_disagg_decision_total: {
    type: 'counter',
    help: 'Decisions of a handler that knows more roles than decode.',
    labels: {
      model_name: 'the model that the client named',
      decision_type: '`decode-only`, `prefill-decode`, `encode-decode` or `encode-prefill-decode`',
    },
  },
  llm_d_epp_model_rewrite_decisions_total: {
    type: 'counter',
    help: 'Requests whose model was rewritten.',
    labels: {
      model_rewrite_name: 'of the InferenceModelRewrite; `header` where a header asked for it',
      model_name: 'the model that the client named',
      target_model: 'the model that the server is asked for',
    },
  },
  llm_d_epp_ready_endpoints: {
    type: 'gauge',
    help: 'Endpoints that requests may be sent to.',
    labels: POOL,
  },
  llm_d_epp_average_kv_cache_utilization: {
    type: 'gauge',
    help: 'Part of the KV cache that is used, the mean of all endpoints that told it.',
    labels: POOL,
  },
  llm_d_epp_average_queue_size: {
    type: 'gauge',
    help: 'Requests that wait at an endpoint, the mean of all that told it.',
    labels: POOL,
  },
  llm_d_epp_average_running_requests: {
    type: 'gauge',
    help: 'Requests that an endpoint works on, the mean of all that told it.',
    labels: POOL,
  },
  llm_d_epp_per_endpoint_queue_size: {
    type: 'gauge',
    help: 'Requests that wait at an endpoint, as it told last.',
    labels: { ...POOL, model_server_endpoint: 'name of the endpoint' },
  },
  llm_d_epp_inflight_requests: {
    type: 'gauge',
    help: 'Requests that were decided for an endpoint and have not ended.',
    labels: ENDPOINT,
  },
  llm_d_epp_inflight_tokens: {
    type: 'gauge',
    help: 'Their tokens, as far as they are estimated.',
    labels: ENDPOINT,
  },
  llm_d_epp_datalayer_poll_errors_total: {
    type: 'counter',
    help: 'Questions to model servers that were not answered, or not well.',
    labels: { source_type: 'type of the source, such as `metrics-data-source`' },
  },
  llm_d_epp_prefix_indexer_size: {
    type: 'gauge',
    help: 'Blocks that are remembered, each once however many endpoints hold it.',
    labels: PLUGIN,
  },
  llm_d_epp_prefix_indexer_hit_ratio: {
    type: 'histogram',
    help: 'Of a prompt, the part that the endpoint which was picked is thought to hold.',
    labels: PLUGIN,
    buckets: BUCKETS.ratio,
    unit: 'parts of 1',
  },
  llm_d_epp_prefix_indexer_hit_bytes: {
    type: 'histogram',
    help: 'The same as a length.',
    labels: PLUGIN,
    buckets: BUCKETS.prefix,
    unit: 'bytes',
  },
  llm_d_epp_extproc_streams_inflight: { type: 'gauge', help: 'Streams of proxies that are open.' },
  llm_d_epp_extproc_streams_total: {
    type: 'counter',
    help: 'Streams that have ended.',
    labels: { code: 'how, as gRPC names it: `OK`, `Canceled`, `Internal` …' },
  },
  llm_d_epp_extproc_stream_duration_seconds: {
    type: 'histogram',
    help: 'Time from the begin of a stream to its end.',
    buckets: BUCKETS.duration,
  },
  llm_d_epp_info: {
    type: 'gauge',
    help: 'Always 1; what runs here.',
    labels: { commit: 'empty: a build does not know it', build_ref: 'version of Tandem' },
  },
  ...PICKER_FLOW_METRICS,
} as const satisfies Record<string, MetricRow>;

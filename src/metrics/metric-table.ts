import type { ErrorMetric } from '../errors/error-row.js';

/** One metric: what Prometheus is told about it. */
export interface MetricRow {
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** One sentence, as in the `# HELP` line and docs/metrics.md. */
  readonly help: string;
  /** Label names, each with the values it can have: all sets are bounded. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
  /** What they are measured in; `seconds` unless given. */
  readonly unit?: 'bytes' | 'tokens' | 'parts of 1';
}

/** From a cached answer to the longest generation: 5 ms to an hour. */
const DURATION_BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600,
];

/** Values of `sidecar_errors_total{type}`, with what they mean. */
export const ERROR_TYPES = {
  network: 'an engine was not reached or broke the connection',
  timeout: 'a time limit ran out',
  http: 'an engine answered with a 5xx',
  tls: 'a TLS handshake with an engine failed',
  protocol: 'an engine sent something that is not valid HTTP, or not a JSON object',
  breaker: 'every prefiller of the request was left alone by its circuit breaker',
  overload:
    'too many bytes of request bodies were held in memory, or too many names were being resolved',
  internal: 'a defect of this program',
} as const satisfies Record<ErrorMetric, string>;

/** Values of `sidecar_circuit_breaker_state{state}`. */
export const BREAKER_STATES = ['closed', 'open', 'half_open'] as const;

export type BreakerState = (typeof BREAKER_STATES)[number];

/** The `path` label of every request outside the known routes. */
export const OTHER_PATH = 'other';

/**
 * The sidecar's metrics by name. A new one is a row here and a method of SidecarMetrics; then
 * `npm run docs` rewrites docs/metrics.md.
 */
export const SIDECAR_METRICS = {
  sidecar_requests_total: {
    type: 'counter',
    help: 'Requests answered or broken off, by route and status.',
    labels: {
      path: `the route, or \`${OTHER_PATH}\``,
      status: 'the status code from 100 to 599; 499 where the client left before there was one',
    },
  },
  sidecar_in_flight_requests: {
    type: 'gauge',
    help: 'Requests that are being handled.',
  },
  sidecar_request_duration_seconds: {
    type: 'histogram',
    help: 'Time from the arrival of a request to the last byte of its answer.',
    buckets: DURATION_BUCKETS,
  },
  sidecar_ttft_seconds: {
    type: 'histogram',
    help: 'Time from the arrival of a request to the first body byte of its answer.',
    buckets: DURATION_BUCKETS,
  },
  sidecar_encode_duration_seconds: {
    type: 'histogram',
    help: 'Time until all items of a request that are no text were encoded.',
    buckets: DURATION_BUCKETS,
  },
  sidecar_prefill_duration_seconds: {
    type: 'histogram',
    help: 'Time of the prefill leg, its retries included.',
    buckets: DURATION_BUCKETS,
  },
  sidecar_decode_duration_seconds: {
    type: 'histogram',
    help: 'Time of the decode leg, to its last byte.',
    buckets: DURATION_BUCKETS,
  },
  sidecar_errors_total: {
    type: 'counter',
    help: 'Failures of requests and of prefill attempts that were followed by another one, by kind.',
    labels: {
      type: Object.entries(ERROR_TYPES)
        .map(([type, meaning]) => `\`${type}\` (${meaning})`)
        .join(', '),
    },
  },
  sidecar_retries_total: {
    type: 'counter',
    help: 'Prefill attempts after the first one of a request.',
  },
  sidecar_prefill_fallbacks_total: {
    type: 'counter',
    help: 'Prefill attempts at another prefiller than the first one of a request.',
  },
  sidecar_circuit_breaker_state: {
    type: 'gauge',
    help: 'Number of prefillers whose circuit breaker is in this state.',
    labels: { state: BREAKER_STATES.map((state) => `\`${state}\``).join(', ') },
  },
  ssrf_blocked_total: {
    type: 'counter',
    help: 'Requests refused because SSRF protection does not allow their target.',
  },
  sidecar_allowlist_age_seconds: {
    type: 'gauge',
    help: 'Time since the Kubernetes API last proved the allowlist to be current; before that, since the start; 0 with protection off.',
  },
  sidecar_allowlist_addresses: {
    type: 'gauge',
    help: 'Addresses that SSRF protection allows as prefill targets.',
  },
  sidecar_prefill_without_kv_params_total: {
    type: 'counter',
    help: 'Prefill answers without kv_transfer_params: the decoder prefilled again.',
  },
  sidecar_decode_chunks_total: {
    type: 'counter',
    help: 'Requests to the decoder for answers that come in chunks.',
  },
  sidecar_decode_restarts_total: {
    type: 'counter',
    help: 'Answers that turned out to be indivisible after their first chunk and were decoded again in one piece.',
  },
  sidecar_ignored_prefill_header_total: {
    type: 'counter',
    help: 'Requests with a prefill header on a path that is not disaggregated.',
  },
  sidecar_workers: {
    type: 'gauge',
    help: 'Processes that serve clients at the moment, and answer when they are asked whether they do.',
  },
  sidecar_worker_restarts_total: {
    type: 'counter',
    help: 'Processes that ended without having been told to and were replaced.',
  },
  sidecar_client_gone_total: {
    type: 'counter',
    help: 'Requests whose client left before the answer was complete.',
  },
  moriio_dns_reresolve_total: {
    type: 'counter',
    help: 'Look-ups of MoRI-IO peers that gave an address, those at start excepted.',
  },
  moriio_dns_ip_changed_total: {
    type: 'counter',
    help: 'MoRI-IO peers that were found at another address than before.',
  },
  moriio_dns_lookup_failures_total: {
    type: 'counter',
    help: 'Look-ups of MoRI-IO peers that failed or took too long: the last address stays in use.',
  },
} as const satisfies Record<string, MetricRow>;

export type SidecarMetricName = keyof typeof SIDECAR_METRICS;

import type { MetricRow } from './metric-table.js';
import { OF_ANSWERS, OF_REQUESTS, PICKER_BUCKETS as BUCKETS } from './picker-metric-labels.js';

/** What becomes of requests. */
export const PICKER_REQUEST_METRICS = {
  llm_d_epp_request_total: {
    type: 'counter',
    help: 'Requests that were understood, those that were refused then included.',
    labels: OF_REQUESTS,
  },
  llm_d_epp_request_error_total: {
    type: 'counter',
    help: 'Requests that were refused here, or that the model server answered with a 5xx.',
    labels: {
      ...OF_REQUESTS,
      error_code:
        '`BadRequest`, `NotFound`, `PreconditionFailed`, `ResourceExhausted` (429), `ServiceUnavailable`, `Internal`; `ModelServerError` for a 5xx of the model server',
    },
  },
  llm_d_epp_request_running: {
    type: 'gauge',
    help: 'Requests that were decided and have not ended.',
    labels: OF_REQUESTS,
  },
  llm_d_epp_request_duration_seconds: {
    type: 'histogram',
    help: 'Time from the arrival of a request to the end of its answer, of those answered with 2xx.',
    labels: OF_ANSWERS,
    buckets: BUCKETS.duration,
  },
  llm_d_epp_request_ttft_seconds: {
    type: 'histogram',
    help: 'Time from the arrival of a request to the first byte of the body of its answer.',
    labels: { ...OF_ANSWERS, streaming: '`true` where its tokens come one after another' },
    buckets: BUCKETS.duration,
  },
  llm_d_epp_request_streaming_itl_seconds: {
    type: 'histogram',
    help: 'Of streamed answers, the time between two events that bring tokens.',
    labels: OF_ANSWERS,
    buckets: BUCKETS.perToken,
  },
  llm_d_epp_request_streaming_tpot_seconds: {
    type: 'histogram',
    help: 'Of streamed answers, the time from the first byte to the last by the tokens after the first one.',
    labels: OF_ANSWERS,
    buckets: BUCKETS.perToken,
  },
  llm_d_epp_request_ntpot_seconds: {
    type: 'histogram',
    help: 'Time from the arrival of a request to the end of its answer by the tokens of the answer.',
    labels: OF_ANSWERS,
    buckets: BUCKETS.normalized,
  },
  llm_d_epp_request_size_bytes: {
    type: 'histogram',
    help: 'Length of the body of a request that was answered with 2xx.',
    labels: OF_ANSWERS,
    buckets: BUCKETS.bytes,
    unit: 'bytes',
  },
  llm_d_epp_response_size_bytes: {
    type: 'histogram',
    help: 'Length of the body of an answer with 2xx, as the model server sent it.',
    labels: OF_ANSWERS,
    buckets: BUCKETS.bytes,
    unit: 'bytes',
  },
  llm_d_epp_request_input_tokens: {
    type: 'histogram',
    help: 'Tokens of a prompt as the answer tells them in its usage, cached ones included.',
    labels: OF_ANSWERS,
    buckets: BUCKETS.tokens,
    unit: 'tokens',
  },
  llm_d_epp_request_output_tokens: {
    type: 'histogram',
    help: 'Tokens of an answer as it tells them in its usage.',
    labels: OF_ANSWERS,
    buckets: BUCKETS.tokens,
    unit: 'tokens',
  },
  llm_d_epp_request_cached_tokens: {
    type: 'histogram',
    help: 'Of the tokens of a prompt, those that the model server says it had in a cache.',
    labels: OF_ANSWERS,
    buckets: BUCKETS.tokens,
    unit: 'tokens',
  },
} as const satisfies Record<string, MetricRow>;

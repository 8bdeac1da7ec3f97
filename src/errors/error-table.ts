/**
 * Every way in which a request can fail here: one row from cause to answer, log label, metric and what may be
 * tried again.
 *
 * Messages are constant: what a client reads names no address that it did not send itself.
 */
export interface ErrorRow {
  /** HTTP status of the answer. */
  readonly status: number;
  /** vLLM's name for the kind of error (`error.type` of the answer). */
  readonly type: string;
  /** What the client reads: what happened and, where it can do something, the mend. */
  readonly message: string;
  /** Value of `sidecar_errors_total{type}`; absent where nothing failed but the request itself. */
  readonly metric?: ErrorMetric;
  /** Seconds for a Retry-After header. */
  readonly retryAfter?: number;
  /** `code` of the answer; absent: the status. */
  readonly apiCode?: string;
  /** What may be tried after it, where it is the failure of a leg; absent: nothing. */
  readonly remedy?: Remedy;
  /** The client connection cannot be reused, mostly because the rest of a body is still on it. */
  readonly close?: true;
}

/** What may be tried after a failed prefill; `connector/prefill-attempts.ts` does it. */
export type Remedy =
  /** Another candidate at once, and after a back-off the same one again. */
  | 'retry'
  /** Another candidate, but not this one again. */
  | 'fallback'
  /** Nothing: it would fail again. */
  | 'none';

/** Kinds of failure that `sidecar_errors_total` tells apart. */
export type ErrorMetric =
  'network' | 'timeout' | 'http' | 'tls' | 'protocol' | 'breaker' | 'overload' | 'internal';

export const ERRORS = {
  bad_routing_header: {
    status: 400,
    type: 'BadRequestError',
    message:
      'x-prefiller-host-port (or another routing header) is not valid: send host:port, with an IPv4 address, a bracketed IPv6 address or a DNS name, and a port from 1 to 65535.',
  },
  unknown_rank: {
    status: 400,
    type: 'BadRequestError',
    message:
      'x-data-parallel-host-port names none of the data-parallel ranks here: send the pod IP (--pod-ip, POD_IP) with a port from --port to --port + --data-parallel-size - 1, or leave the header out.',
  },
  engine_in_request_id: {
    status: 400,
    type: 'BadRequestError',
    message:
      'x-request-id (or request_id of the body) holds the address of an engine (___prefill_addr_ or ___decode_addr_), which the engines would send KV to: send another id, or none.',
  },
  unknown_connector: {
    status: 400,
    type: 'BadRequestError',
    message: 'x-connector-protocol does not name a connector that is enabled here.',
  },
  unauthorized: {
    status: 401,
    type: 'AuthenticationError',
    message: 'The API key is missing or wrong: send Authorization: Bearer KEY.',
  },
  admin_closed: {
    status: 403,
    type: 'ForbiddenError',
    message:
      'The worker API is closed: the router listens to more than this machine, and has neither --admin-api-key nor --api-key.',
  },
  target_not_allowed: {
    status: 403,
    type: 'ForbiddenError',
    message: 'The prefill target is not allowed by SSRF protection.',
  },
  body_too_large: {
    status: 413,
    type: 'RequestEntityTooLargeError',
    message: 'The request body is larger than --max-request-bytes allows.',
    close: true,
  },
  payload_too_large: {
    status: 413,
    type: 'RequestEntityTooLargeError',
    message: 'The request body is larger than --max-payload-size allows.',
    close: true,
  },
  encoded_body: {
    status: 415,
    type: 'UnsupportedMediaTypeError',
    message:
      'A request with a prefill or encoder header must not be content-encoded: send the JSON as it is.',
  },
  too_many_items: {
    status: 400,
    type: 'BadRequestError',
    message: 'The request holds more than 1024 images, audio and videos: send fewer.',
  },
  bad_json: {
    status: 400,
    type: 'BadRequestError',
    message: 'The request body is not a valid JSON object.',
  },
  incomplete_body: {
    status: 400,
    type: 'BadRequestError',
    message: 'The request body ended before it was complete.',
    close: true,
  },
  body_timeout: {
    status: 408,
    type: 'RequestTimeoutError',
    message: 'The request body stopped arriving.',
    close: true,
  },
  internal: {
    status: 500,
    type: 'InternalServerError',
    message: 'The sidecar failed to handle the request.',
    metric: 'internal',
  },
  prefill_answer_invalid: {
    status: 502,
    type: 'BadGatewayError',
    message: 'The prefiller answered with something that is not a JSON object.',
    metric: 'protocol',
    remedy: 'none',
  },
  prefill_answer_too_large: {
    status: 502,
    type: 'BadGatewayError',
    message: 'The prefiller answered with more than --max-prefill-response-bytes.',
    metric: 'protocol',
    remedy: 'none',
  },
  prefill_protocol: {
    status: 502,
    type: 'BadGatewayError',
    message: 'The prefiller did not answer in valid HTTP.',
    metric: 'protocol',
    remedy: 'none',
  },
  prefill_tls: {
    status: 502,
    type: 'BadGatewayError',
    message: 'The TLS connection to the prefiller failed.',
    metric: 'tls',
    remedy: 'none',
  },
  prefill_bootstrap: {
    status: 502,
    type: 'BadGatewayError',
    message:
      'The bootstrap server of the prefiller did not say which engines there are (--mooncake-bootstrap-port).',
    metric: 'network',
    remedy: 'retry',
  },
  prefill_bootstrap_timeout: {
    status: 502,
    type: 'BadGatewayError',
    message: 'The bootstrap server of the prefiller did not answer in time.',
    metric: 'timeout',
    remedy: 'fallback',
  },
  prefill_ended_early: {
    status: 502,
    type: 'BadGatewayError',
    message:
      'The answer ended with its first token, and the prefiller keeps no KV cache of such a prompt for the decoder: send the request without a prefiller, or without stream.',
    metric: 'http',
    remedy: 'none',
  },
  prefill_server_error: {
    status: 502,
    type: 'BadGatewayError',
    message: 'The prefiller failed to handle the request.',
    metric: 'http',
    remedy: 'retry',
  },
  encode_network: {
    status: 502,
    type: 'BadGatewayError',
    message: 'The encoder could not be reached.',
    metric: 'network',
  },
  encode_protocol: {
    status: 502,
    type: 'BadGatewayError',
    message: 'The encoder did not answer in valid HTTP.',
    metric: 'protocol',
  },
  encode_tls: {
    status: 502,
    type: 'BadGatewayError',
    message: 'The TLS connection to the encoder failed.',
    metric: 'tls',
  },
  encode_answer_invalid: {
    status: 502,
    type: 'BadGatewayError',
    message: 'The encoder answered with something that is not a JSON object.',
    metric: 'protocol',
  },
  encode_answer_too_large: {
    status: 502,
    type: 'BadGatewayError',
    message: 'The encoders answered with more than --max-prefill-response-bytes.',
    metric: 'protocol',
  },
  encode_server_error: {
    status: 502,
    type: 'BadGatewayError',
    message: 'The encoder failed to handle the request.',
    metric: 'http',
  },
  decoder_failed: {
    status: 502,
    type: 'BadGatewayError',
    message: 'The decoder closed the connection before it answered.',
    metric: 'network',
  },
  decoder_protocol: {
    status: 502,
    type: 'BadGatewayError',
    message: 'The decoder did not answer in valid HTTP.',
    metric: 'protocol',
  },
  decoder_tls: {
    status: 502,
    type: 'BadGatewayError',
    message: 'The TLS connection to the decoder failed.',
    metric: 'tls',
  },
  decoder_not_ready: {
    status: 503,
    type: 'ServiceUnavailableError',
    message:
      'The decode node is not ready. Please check that the vLLM service is running and the port configuration is correct.',
    metric: 'network',
    retryAfter: 1,
  },
  breaker_open: {
    status: 503,
    type: 'ServiceUnavailableError',
    message:
      'The prefillers of this request failed too often: they are left alone for a while (--breaker-cooldown).',
    metric: 'breaker',
    retryAfter: 1,
  },
  rate_limited: {
    status: 429,
    type: 'RateLimitError',
    message: 'More requests came than --rate-limit-tokens-per-second allows.',
  },
  key_requests: {
    status: 429,
    type: 'RateLimitError',
    message: 'This key has sent as many requests as --key-requests-per-minute allows.',
  },
  key_tokens: {
    status: 429,
    type: 'RateLimitError',
    message: 'This key has used as many tokens as --key-tokens-per-minute allows.',
  },
  queue_full: {
    status: 429,
    type: 'RateLimitError',
    message:
      'As many requests are under way as --max-concurrent-requests allows, and as many wait as --queue-size allows.',
    retryAfter: 1,
  },
  queue_timeout: {
    status: 503,
    type: 'ServiceUnavailableError',
    message: 'The request waited longer than --queue-timeout-secs for others to end.',
    metric: 'overload',
    retryAfter: 1,
  },
  model_not_found: {
    status: 404,
    type: 'NotFoundError',
    message:
      'No worker serves the model of this request: GET /v1/models lists those that there are.',
    apiCode: 'model_not_found',
  },
  model_missing: {
    status: 400,
    type: 'BadRequestError',
    message:
      'The request names no model, and there are several: send one of GET /v1/models as its member model.',
  },
  draining: {
    status: 503,
    type: 'ServiceUnavailableError',
    message:
      'The router is shutting down and takes no more requests: ask again, another one answers.',
    metric: 'overload',
    retryAfter: 1,
    close: true,
  },
  no_worker: {
    status: 503,
    type: 'ServiceUnavailableError',
    message: 'No worker can take this request at the moment.',
    metric: 'overload',
    retryAfter: 1,
  },
  no_prefill_worker: {
    status: 503,
    type: 'ServiceUnavailableError',
    message:
      'No prefill worker can take this request at the moment, and decode workers are not to do without (--pd-decode-fallback).',
    metric: 'overload',
    retryAfter: 1,
  },
  worker_unreachable: {
    status: 503,
    type: 'ServiceUnavailableError',
    message: 'No worker could be reached.',
    metric: 'network',
    retryAfter: 1,
  },
  worker_failed: {
    status: 502,
    type: 'BadGatewayError',
    message: 'The worker closed the connection before it answered.',
    metric: 'network',
  },
  worker_protocol: {
    status: 502,
    type: 'BadGatewayError',
    message: 'The worker did not answer in valid HTTP.',
    metric: 'protocol',
  },
  worker_tls: {
    status: 502,
    type: 'BadGatewayError',
    message: 'The TLS connection to the worker failed.',
    metric: 'tls',
  },
  worker_timeout: {
    status: 504,
    type: 'GatewayTimeoutError',
    message: 'The worker did not answer within --request-timeout-secs.',
    metric: 'timeout',
  },
  names_busy: {
    status: 503,
    type: 'ServiceUnavailableError',
    message: 'Too many host names are being resolved at the moment.',
    metric: 'overload',
    retryAfter: 1,
  },
  body_over_budget: {
    status: 503,
    type: 'ServiceUnavailableError',
    message: 'The request body is larger than all bodies together may be (--max-buffered-bytes).',
    metric: 'overload',
    close: true,
  },
  buffers_full: {
    status: 503,
    type: 'ServiceUnavailableError',
    message: 'Too many request bodies are held in memory at the moment (--max-buffered-bytes).',
    metric: 'overload',
    retryAfter: 1,
    close: true,
  },
  prefill_network: {
    status: 504,
    type: 'GatewayTimeoutError',
    message: 'The prefiller could not be reached.',
    metric: 'network',
    remedy: 'retry',
  },
  prefill_timeout: {
    status: 504,
    type: 'GatewayTimeoutError',
    message: 'The prefiller did not answer in time.',
    metric: 'timeout',
    remedy: 'fallback',
  },
  prefill_late: {
    status: 504,
    type: 'GatewayTimeoutError',
    message:
      'The decode was ended: its prefill did not finish within --moriio-parallel-decode-wait-timeout.',
    metric: 'timeout',
  },
  encode_timeout: {
    status: 504,
    type: 'GatewayTimeoutError',
    message: 'The encoder did not answer in time.',
    metric: 'timeout',
  },
  request_timeout: {
    status: 504,
    type: 'GatewayTimeoutError',
    message: 'The request took longer than --request-timeout allows.',
    metric: 'timeout',
    close: true,
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

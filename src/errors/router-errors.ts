import type { ErrorRow } from './error-row.js';

/** Failures that the router alone knows: who may ask, how much, and what becomes of workers. */
export const ROUTER_ERRORS = {
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
  method_not_allowed: {
    status: 405,
    type: 'MethodNotAllowedError',
    message: 'This route of the router has other methods: the header Allow names them.',
  },
  payload_too_large: {
    status: 413,
    type: 'RequestEntityTooLargeError',
    message: 'The request body is larger than --max-payload-size allows.',
    close: true,
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
  no_zmq_address: {
    status: 503,
    type: 'ServiceUnavailableError',
    message:
      'The ZeroMQ address of a worker is not known, and connector p2pnccl needs it: have workers announce themselves at --vllm-discovery-address, or give them the label zmq_address.',
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
} as const satisfies Record<string, ErrorRow>;

import type { ErrorRow } from './error-row.js';
import { ROUTER_ERRORS } from './router-errors.js';

/** Every way in which a request can fail here, by its code. */
export const ERRORS = {
  ...ROUTER_ERRORS,
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

import type { ErrorCode } from '../errors/error-table.js';
import { ProxyError } from '../errors/proxy.error.js';
import { AnswerTooLargeError } from '../proxy/answer-collector.js';
import type { BufferedAnswer } from '../proxy/exchange.js';
import { toldOf } from '../proxy/told-answer.js';
import { UpstreamError, type UpstreamFailure } from '../proxy/upstream-error.js';

const CODES: Readonly<Record<UpstreamFailure, ErrorCode>> = {
  connect: 'encode_network',
  reset: 'encode_network',
  truncated: 'encode_network',
  'connect-timeout': 'encode_timeout',
  'head-timeout': 'encode_timeout',
  'body-timeout': 'encode_timeout',
  tls: 'encode_tls',
  protocol: 'encode_protocol',
};

/** An encoder's answer that says that the request is at fault: the client gets it in place of any other. */
export class EncodeRefusal extends Error {
  override readonly name = 'EncodeRefusal';

  constructor(readonly answer: BufferedAnswer) {
    super(`status ${answer.head.statusCode}`);
  }
}

/** What an answer means that is no 2xx. */
export function failureOfAnswer(answer: BufferedAnswer): EncodeRefusal | ProxyError {
  const { statusCode } = answer.head;
  if (statusCode >= 400 && statusCode <= 499) return new EncodeRefusal(answer);
  return new ProxyError('encode_server_error', `status ${statusCode}`, {
    upstream: toldOf(answer),
  });
}

/** @returns what is thrown in place of an error of the connection; other errors as they are */
export function failureOf(error: unknown): unknown {
  const code =
    error instanceof UpstreamError
      ? CODES[error.failure]
      : error instanceof AnswerTooLargeError
        ? 'encode_answer_too_large'
        : undefined;
  return code === undefined
    ? error
    : new ProxyError(code, (error as Error).message, { cause: error });
}

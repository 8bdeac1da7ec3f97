import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ProxyError } from '../errors/proxy.error.js';
import { Logger } from '../logging/logger.js';
import { errorBody, type ErrorBody } from '../openai/error-body.js';
import { ExchangeEndedError } from './answer-collector.js';
import { exchangeOf } from './exchange.js';

/**
 * Where an error becomes an answer.
 *
 * Once a head was sent there is none to give: the connection is cut, so that the client sees a
 * broken answer. (Nest's own filter would end it, and a truncated answer would look complete.)
 */
@Catch()
export class ProxyExceptionFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const response = http.getResponse<ServerResponse>();
    const exchange = exchangeOf(http.getRequest<IncomingMessage>());
    const { requestId } = exchange.facts;
    if (exchange.ended && (thrown instanceof ExchangeEndedError || !response.headersSent)) {
      response.destroy();
      return;
    }
    if (thrown instanceof HttpException) {
      answer(response, thrown.getStatus(), httpErrorBody(thrown), ['X-Request-Id', requestId]);
      return;
    }
    const error = ProxyError.from(thrown);
    exchange.errorCode = error.code;
    if (exchange.outcome === 'ok') exchange.outcome = outcomeOf(error);
    if (error.code === 'internal')
      this.logger.error('request failed', { requestId, error: thrown });
    else
      this.logger.debug('request refused', { requestId, code: error.code, reason: error.message });
    answerError(response, error, requestId);
  }
}

/** Sends the answer of an error, or cuts the connection when an answer has begun. */
export function answerError(response: ServerResponse, error: ProxyError, requestId: string): void {
  const { status, message, type, retryAfter, close } = error.row;
  const body = error.upstream
    ? withUpstream(errorBody(message, type, 'upstream_error'), error.upstream)
    : errorBody(message, type, status);
  const headers = ['X-Request-Id', requestId];
  if (retryAfter !== undefined) headers.push('Retry-After', String(retryAfter));
  if (close) headers.push('Connection', 'close');
  answer(response, status, body, headers);
}

function answer(
  response: ServerResponse,
  status: number,
  body: ErrorBody,
  headers: string[],
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const bytes = Buffer.from(JSON.stringify(body));
  headers.push('Content-Type', 'application/json', 'Content-Length', String(bytes.length));
  response.writeHead(status, headers).end(bytes);
}

function withUpstream({ error }: ErrorBody, upstream: { status: number; body: string }): ErrorBody {
  return { error: { ...error, upstream } };
}

/** What Nest itself throws: an unknown route of the metrics port. */
function httpErrorBody(error: HttpException): ErrorBody {
  const status = error.getStatus();
  const type = status === 404 ? 'NotFoundError' : 'InternalServerError';
  return errorBody(status === 404 ? 'Not found.' : error.message, type, status);
}

function outcomeOf(error: ProxyError): 'rejected' | 'failed' {
  return error.row.status < 500 ? 'rejected' : 'failed';
}

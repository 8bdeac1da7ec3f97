import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ErrorCode } from '../errors/error-table.js';
import { ProxyError } from '../errors/proxy.error.js';
import { Logger } from '../logging/logger.js';
import { errorBody, type ErrorBody } from '../openai/error-body.js';
import { answerError, answerWith } from './error-answer.js';
import { describeTlsError } from '../tls/tls-error.js';
import { exchangeOf } from './exchange.js';

/** Refusals that an operator looks into: it need not be the client that is at fault. */
const TOLD: ReadonlySet<ErrorCode> = new Set([
  'bad_routing_header',
  'unknown_rank',
  'unknown_connector',
  'body_timeout',
]);

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
    if (exchange.ended) {
      // Nobody to answer: the client left, or has been told of its deadline and may still be reading that.
      if (!response.headersSent) response.destroy();
      return;
    }
    if (thrown instanceof HttpException) {
      const headers = ['X-Request-Id', requestId];
      answerWith(response, thrown.getStatus(), httpErrorBody(thrown), headers);
      return;
    }
    const error = ProxyError.from(thrown);
    const { code } = error;
    exchange.errorCode = code;
    exchange.outcome = error.row.status < 500 ? 'rejected' : 'failed';
    this.log(error, requestId);
    exchange.responseBytes = answerError(response, error, requestId, exchange.errorBody?.(error));
  }

  /** Clients read constant texts; what it was stands here. */
  private log(error: ProxyError, requestId: string): void {
    const { code, message: reason } = error;
    const fields = { requestId, code, reason };
    if (code === 'internal') this.logger.error('request failed', { requestId, error: error.cause });
    else if (code === 'decoder_tls')
      this.logger.warn('TLS to the decoder failed', { ...fields, tls: describeTlsError(error) });
    else if (error.row.status >= 500) this.logger.warn('request failed', fields);
    else if (TOLD.has(code)) this.logger.info('request refused', fields);
    else this.logger.debug('request refused', fields);
  }
}

/** What Nest itself throws: an unknown route of the metrics port, or a query that it cannot read. */
function httpErrorBody(error: HttpException): ErrorBody {
  const status = error.getStatus();
  const isClients = status < 500;
  const type =
    status === 404 ? 'NotFoundError' : isClients ? 'BadRequestError' : 'InternalServerError';
  return errorBody(status === 404 ? 'Not found.' : error.message, type, status);
}

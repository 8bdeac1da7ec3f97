import { STATUS_CODES, type ServerResponse } from 'node:http';
import { errorBody } from '../openai/error-body.js';
import { connectionOf } from './connection.js';
import type { Refusal } from './request-head.js';

/** Methods that are served; RFC 9110 §15.5.6 wants them named with a 405. */
export const ALLOW = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

/** Names as vLLM spells them, for the statuses that the listener itself answers with. */
const ERROR_TYPES: Readonly<Record<number, string>> = {
  405: 'MethodNotAllowedError',
  408: 'RequestTimeoutError',
  417: 'ExpectationFailedError',
};

/** An error body in the shape of OpenAI's API. */
export function refusalBody({ status, message }: Pick<Refusal, 'status' | 'message'>): string {
  return JSON.stringify(errorBody(message, ERROR_TYPES[status] ?? 'BadRequestError', status));
}

/** Answers a parsed request with a refusal; where its framing is in doubt, nothing after it is served. */
export function refuse(response: ServerResponse, refusal: Refusal): void {
  const body = refusalBody(refusal);
  if (refusal.close) {
    response.shouldKeepAlive = false;
    const connection = connectionOf(response.req.socket);
    if (connection !== undefined) connection.closing = true;
  }
  const headers: Record<string, string | number> = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  if (refusal.status === 405) headers['allow'] = ALLOW;
  response.writeHead(refusal.status, headers);
  response.end(body);
}

/**
 * The bytes of a refusal for a socket without a response object; always ends the connection.
 *
 * @param requestId left out when undefined
 */
export function rawRefusal(
  refusal: Pick<Refusal, 'status' | 'message'>,
  requestId: string | undefined,
): string {
  const body = refusalBody(refusal);
  return [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? 'Error'}`,
    `Date: ${new Date().toUTCString()}`,
    ...(refusal.status === 405 ? [`Allow: ${ALLOW}`] : []),
    ...(requestId === undefined ? [] : [`X-Request-Id: ${requestId}`]),
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

import type { ServerResponse } from 'node:http';
import type { ProxyError } from '../errors/proxy.error.js';
import { errorBody, type ErrorBody } from '../openai/error-body.js';

/** How long, in ms, a client may go on sending a body that nobody wants. */
const LINGER_MS = 2000;

/**
 * Sends the answer of an error, or cuts the connection when an answer has begun.
 *
 * @param body in the shape of the API that was called
 * @returns the bytes of its body
 */
export function answerError(
  response: ServerResponse,
  error: ProxyError,
  requestId: string,
  body: object = openAiError(error),
): number {
  const { close } = error.row;
  const { status, retryAfter } = error;
  const headers = ['X-Request-Id', requestId];
  if (retryAfter !== undefined) headers.push('Retry-After', String(retryAfter));
  if (close) headers.push('Connection', 'close');
  return answerWith(response, status, body, headers);
}

/**
 * @param headers name, value, name, value …; content fields are added
 * @returns the bytes of the body
 */
export function answerWith(
  response: ServerResponse,
  status: number,
  body: object,
  headers: readonly string[],
): number {
  if (response.headersSent) {
    response.destroy();
    return 0;
  }
  const bytes = Buffer.from(JSON.stringify(body));
  const content = ['Content-Type', 'application/json', 'Content-Length', String(bytes.length)];
  response.writeHead(status, [...headers, ...content]);
  if (response.req.complete || !headers.includes('close')) response.end(bytes);
  else endLingering(response, bytes);
  return bytes.length;
}

/**
 * Ends when the client has sent its body, or after a while: closing a connection with bytes unread
 * makes the kernel reset it, and a client that is still sending would never see the answer.
 */
function endLingering(response: ServerResponse, bytes: Buffer): void {
  const request = response.req;
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  response.write(bytes);
  request.once('end', end);
  response.once('close', () => clearTimeout(timer));
  request.resume();
}

/** The shape of OpenAI's API, as vLLM fills it. */
export function openAiError(error: ProxyError): ErrorBody {
  const { status, message, type, apiCode } = error.row;
  if (!error.upstream) return errorBody(message, type, apiCode ?? status);
  return withUpstream(errorBody(message, type, 'upstream_error'), error.upstream);
}

function withUpstream({ error }: ErrorBody, upstream: { status: number; body: string }): ErrorBody {
  return { error: { ...error, upstream } };
}

import type { ServerResponse } from 'node:http';
import { exchangeOf } from '../../../proxy/exchange.js';

/** Answers one of the router's own routes. @param body an object becomes JSON, a text stays one */
export function answer(
  response: ServerResponse,
  status: number,
  body: object | string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const isText = typeof body === 'string';
  const bytes = Buffer.from(isText ? body : JSON.stringify(body));
  const exchange = exchangeOf(response.req);
  exchange.responseBytes = bytes.length;
  response.writeHead(status, {
    'Content-Type': isText ? 'text/plain; charset=utf-8' : 'application/json',
    'Content-Length': bytes.length,
    'X-Request-Id': exchange.facts.requestId,
    ...headers,
  });
  response.end(bytes);
}

/** An error of the worker API: `{"error": text, "code": "UPPER_CASE"}`. */
export interface AdminError {
  readonly status: number;
  readonly code: string;
  readonly error: string;
}

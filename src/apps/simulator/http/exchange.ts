import type { IncomingMessage, ServerResponse } from 'node:http';
import { randomBytes } from 'node:crypto';
import { EventStream } from './event-stream.js';

/** One request of a generate API while it is answered. */
export interface Exchange {
  /** The parsed body, before any validation. */
  readonly body: unknown;
  /** The client's `x-request-id`, else sixteen hex digits. */
  readonly requestId: string;
  /** The field that picks a data-parallel rank, as it was sent. */
  readonly dataParallelRank: string | undefined;
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal;
  readonly events: EventStream;
  readonly response: ServerResponse;
}

export function openExchange(
  request: IncomingMessage,
  response: ServerResponse,
  body: unknown,
): Exchange {
  const leaving = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) leaving.abort();
  });
  if (response.destroyed) leaving.abort();
  const header = request.headers['x-request-id'];
  return {
    body,
    requestId: (Array.isArray(header) ? header[0] : header) ?? randomId(),
    dataParallelRank: request.headers['x-data-parallel-rank']?.toString(),
    signal: leaving.signal,
    events: new EventStream(response),
    response,
  };
}

/** @returns sixteen hex digits */
export function randomId(): string {
  return randomBytes(8).toString('hex');
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

import type { LegHeaders } from '../tracing/tracing.js';
import type { IncomingMessage } from 'node:http';
import type { ExchangeFacts } from './exchange.js';
import { clientAddress } from './client-address.js';
import type { RequestFields } from './request-fields.js';

/** What one leg's head has of its own. */
export interface LegHead {
  /** `Content-Length: … CRLF`, `Transfer-Encoding: … CRLF` or ''. */
  readonly framing: string;
  /** More fields, each `name: value CRLF`. */
  readonly extra?: string;
  /** Ask for an answer without content coding, whatever the client takes. */
  readonly identity?: boolean;
  /** Trace context of this leg, which replaces the client's; undefined passes the client's on. */
  readonly trace?: LegHeaders | undefined;
}

/** The client's request, as far as every leg repeats it; an `Exchange` is one. */
export interface LegSource {
  readonly request: IncomingMessage;
  readonly facts: Pick<ExchangeFacts, 'target' | 'requestId'>;
}

/** @returns the head of a request to an engine, ready to be written in latin1 */
export function buildLegHead(source: LegSource, fields: RequestFields, leg: LegHead): string {
  const { request, facts } = source;
  const address = clientAddress(request);
  const forwardedFor = fields.forwardedFor ? `${fields.forwardedFor}, ${address}` : address;
  return (
    `${request.method} ${facts.target} HTTP/1.1\r\n${fields.common}` +
    (leg.identity ? 'Accept-Encoding: identity\r\n' : fields.acceptEncoding) +
    (leg.trace ? traceLines(leg.trace) : fields.trace) +
    `X-Forwarded-For: ${forwardedFor}\r\nX-Request-Id: ${facts.requestId}\r\n` +
    `${leg.extra ?? ''}${leg.framing}\r\n`
  );
}

function traceLines({ traceparent, tracestate }: LegHeaders): string {
  const state = tracestate === undefined ? '' : `tracestate: ${tracestate}\r\n`;
  return `traceparent: ${traceparent}\r\n${state}`;
}

import type { IncomingMessage } from 'node:http';
import { connectionTokens, isHopByHop } from './wire/hop-by-hop.js';

/** Header fields that choose where a request goes; no engine ever sees them. */
export const ROUTING_FIELDS: ReadonlySet<string> = new Set([
  'x-prefiller-host-port',
  'x-prefiller-url',
  'x-encoder-hosts-ports',
  'x-kv-cache-source-host-port',
  'x-data-parallel-host-port',
  'x-connector-protocol',
]);

/** Fields that each leg writes anew, or not at all. */
const PER_LEG: ReadonlySet<string> = new Set([
  'content-length',
  'expect',
  'x-request-id',
  'x-forwarded-for',
  'accept-encoding',
  'traceparent',
  'tracestate',
]);

/** A client's header fields, sorted into what all legs share and what each leg decides. */
export interface RequestFields {
  /** End-to-end fields as sent: `name: value CRLF` for each, in latin1. */
  readonly common: string;
  /** The client's own lines of fields that a leg may replace, likewise. */
  readonly acceptEncoding: string;
  /** traceparent and tracestate; baggage is among the common ones. */
  readonly trace: string;
  /** Lines of X-Forwarded-For, joined with commas; '' when there is none. */
  readonly forwardedFor: string;
  readonly contentLength: string | undefined;
  readonly chunked: boolean;
}

/**
 * Sorts the fields of a request for its legs.
 *
 * Left out of all: hop-by-hop fields, those that Connection lists, and {@link ROUTING_FIELDS}, which
 * were read before (a client cannot hide one by listing it in Connection).
 *
 * @param without names in lower case that the legs set themselves
 */
export function readRequestFields(
  request: IncomingMessage,
  without: ReadonlySet<string>,
): RequestFields {
  const { rawHeaders } = request;
  const listed = listedInConnection(request);
  let common = '';
  let acceptEncoding = '';
  let trace = '';
  let forwardedFor = '';
  let contentLength: string | undefined;
  let chunked = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    const value = rawHeaders[i + 1]!;
    const lower = name.toLowerCase();
    if (PER_LEG.has(lower)) {
      if (lower === 'content-length') contentLength = value;
      else if (lower === 'x-forwarded-for') forwardedFor += forwardedFor ? `, ${value}` : value;
      else if (listed?.includes(lower)) continue;
      else if (lower === 'accept-encoding') acceptEncoding += `${name}: ${value}\r\n`;
      else if (lower.startsWith('trace')) trace += `${name}: ${value}\r\n`;
      continue;
    }
    if (lower === 'transfer-encoding') chunked = true;
    if (isHopByHop(lower) || ROUTING_FIELDS.has(lower) || without.has(lower)) continue;
    if (listed?.includes(lower) && lower !== 'host') continue;
    common += `${name}: ${value}\r\n`;
  }
  // Only an HTTP/1.0 client may leave it out (RFC 9112 §3.2); our legs speak HTTP/1.1.
  if (request.headers.host === undefined && !without.has('host'))
    common = `Host: localhost\r\n${common}`;
  return { common, acceptEncoding, trace, forwardedFor, contentLength, chunked };
}

function listedInConnection(request: IncomingMessage): string[] | undefined {
  const { connection } = request.headers;
  // What nearly every client sends lists no field of its own.
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') {
    return undefined;
  }
  return connectionTokens(connection);
}

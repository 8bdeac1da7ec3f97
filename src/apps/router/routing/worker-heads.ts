import { Injectable } from '@nestjs/common';
import type { Endpoint } from '../../../fleet/endpoint.js';
import type { Exchange } from '../../../proxy/exchange.js';
import { buildLegHead } from '../../../proxy/leg-head.js';
import { readRequestFields, type RequestFields } from '../../../proxy/request-fields.js';

const HOST: ReadonlySet<string> = new Set(['host']);
const HOST_AND_KEY: ReadonlySet<string> = new Set(['host', 'authorization']);

/** Writes the heads of requests to workers: the client's fields, but for Host, and the key of a worker that has one. */
@Injectable()
export class WorkerHeads {
  of(exchange: Exchange, { spec, origin }: Endpoint): string {
    const { apiKey } = spec;
    const key = apiKey === undefined ? '' : `Authorization: Bearer ${apiKey}\r\n`;
    const fields = readRequestFields(exchange.request, apiKey === undefined ? HOST : HOST_AND_KEY);
    return buildLegHead(exchange, fields, {
      framing: framingOf(exchange, fields),
      extra: `Host: ${origin.label}\r\n${key}`,
    });
  }
}

/** A body in memory has a length, however it was sent. */
function framingOf({ body, requestBytes }: Exchange, fields: RequestFields): string {
  if (body) return `Content-Length: ${requestBytes}\r\n`;
  if (fields.contentLength !== undefined) return `Content-Length: ${fields.contentLength}\r\n`;
  return fields.chunked ? 'Transfer-Encoding: chunked\r\n' : '';
}

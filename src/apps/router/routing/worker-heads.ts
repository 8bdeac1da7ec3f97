import { Injectable } from '@nestjs/common';
import { RANK_FIELD } from '../../../connector/rank-field.js';
import type { Endpoint } from '../../../fleet/endpoint.js';
import type { Exchange } from '../../../proxy/exchange.js';
import { buildLegHead, type LegSource } from '../../../proxy/leg-head.js';
import type { LegHeaders } from '../../../tracing/tracing.js';
import { readRequestFields, type RequestFields } from '../../../proxy/request-fields.js';

/** Of the router's own, and what a leg writes anew: lower-case names that no worker gets as a client sent them. */
export const WITHHELD: readonly string[] = ['host', 'x-router-explain'];
const PLAIN: ReadonlySet<string> = new Set(WITHHELD);
const KEYED: ReadonlySet<string> = new Set([...WITHHELD, 'authorization']);
const RANKED: ReadonlySet<string> = new Set([...WITHHELD, RANK_FIELD]);
const KEYED_AND_RANKED: ReadonlySet<string> = new Set([...KEYED, RANK_FIELD]);

/** Writes the heads of requests to workers: the client's fields, but for Host, and the key of a worker that has one. */
@Injectable()
export class WorkerHeads {
  /**
   * @param length of the body in memory, in bytes; undefined: as the client sends it
   * @param trace takes the place of the client's trace context
   */
  of(
    exchange: Exchange,
    endpoint: Endpoint,
    length: number | undefined,
    trace: LegHeaders | undefined,
  ): string {
    const fields = readRequestFields(exchange.request, withheldFor(endpoint));
    return buildLegHead(sourceOf(exchange, endpoint), fields, {
      framing: framingOf(length, fields),
      extra: ownFields(endpoint),
      trace,
    });
  }
}

/** The path of an API that is not at the root of its host goes before that of the request. */
function sourceOf(exchange: Exchange, { spec: { address } }: Endpoint): LegSource {
  if (address.path === '') return exchange;
  const { request, facts } = exchange;
  const target = address.path + facts.target;
  return { request, facts: { target, requestId: facts.requestId } };
}

function withheldFor({ spec, rank }: Endpoint): ReadonlySet<string> {
  if (spec.apiKey === undefined) return rank === undefined ? PLAIN : RANKED;
  return rank === undefined ? KEYED : KEYED_AND_RANKED;
}

function ownFields({ spec: { apiKey, address }, rank }: Endpoint): string {
  let lines = `Host: ${address.authority}\r\n`;
  if (apiKey !== undefined) lines += `Authorization: Bearer ${apiKey}\r\n`;
  if (rank !== undefined) lines += `X-data-parallel-rank: ${rank}\r\n`;
  return lines;
}

/** A body in memory has a length, however it was sent. */
function framingOf(length: number | undefined, fields: RequestFields): string {
  if (length !== undefined) return `Content-Length: ${length}\r\n`;
  if (fields.contentLength !== undefined) return `Content-Length: ${fields.contentLength}\r\n`;
  return fields.chunked ? 'Transfer-Encoding: chunked\r\n' : '';
}

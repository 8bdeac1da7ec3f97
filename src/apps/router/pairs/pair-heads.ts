import { Injectable } from '@nestjs/common';
import { RANK_FIELD } from '../../../connector/rank-field.js';
import type { Endpoint } from '../../../fleet/endpoint.js';
import { byteLength } from '../../../openai/json-splice.js';
import type { Exchange, Leg } from '../../../proxy/exchange.js';
import type { LegHeaders } from '../../../tracing/tracing.js';
import { buildLegHead } from '../../../proxy/leg-head.js';
import { readRequestFields } from '../../../proxy/request-fields.js';
import { WITHHELD } from '../routing/worker-heads.js';

/** What a leg's head has of its own. */
export interface PairHead {
  /** The answer is looked into: it is asked for without content coding. */
  readonly isRead: boolean;
  /** Takes the place of the client's trace context. */
  readonly trace: LegHeaders | undefined;
}

/** Writes the heads of both legs: the client's fields, but for Host, the key of a worker that has one, and what the connector sets. */
@Injectable()
export class PairHeads {
  /** By what else is withheld. */
  private readonly withheld = new Map<string, ReadonlySet<string>>();

  of(exchange: Exchange, { spec, rank }: Endpoint, leg: Leg, sent: PairHead): string {
    const own: Record<string, string> = {};
    if (spec.apiKey !== undefined) own['authorization'] = `Bearer ${spec.apiKey}`;
    if (rank !== undefined) own[RANK_FIELD] = String(rank);
    Object.assign(own, leg.fields);
    const names = Object.keys(own);
    const lines = names.map((name) => `${name}: ${own[name]}\r\n`).join('');
    const { request, facts } = exchange;
    const { requestId = facts.requestId } = leg;
    const source = { request, facts: { target: facts.target, requestId } };
    return buildLegHead(source, readRequestFields(exchange.request, this.without(names)), {
      framing: `Content-Length: ${byteLength(leg.body)}\r\n`,
      extra: `Host: ${spec.address.authority}\r\n${lines}`,
      identity: sent.isRead,
      trace: sent.trace,
    });
  }

  private without(names: readonly string[]): ReadonlySet<string> {
    const key = names.join();
    let set = this.withheld.get(key);
    if (!set) this.withheld.set(key, (set = new Set([...WITHHELD, ...names])));
    return set;
  }
}

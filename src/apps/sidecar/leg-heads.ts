import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { sidecarConfig } from '../../config/sidecar.config.js';
import { ConnectorRegistry } from '../../connector/connector.registry.js';
import type { Target } from '../../endpoint/target.js';
import { byteLength } from '../../openai/json-splice.js';
import type { Exchange } from '../../proxy/exchange.js';
import { buildLegHead } from '../../proxy/leg-head.js';
import { readRequestFields, type RequestFields } from '../../proxy/request-fields.js';
import { TRACE_ATTRIBUTE } from '../../tracing/attributes.js';

/** What we tell prefillers about the transfer; a client's own word does not count. */
const TRANSFER_FIELDS: ReadonlySet<string> = new Set([
  'x-kv-connector',
  'x-nixl-version',
  'x-decoder-host-port',
]);
const NONE: ReadonlySet<string> = new Set();

/** Writes the heads of a request's legs. */
@Injectable()
export class LegHeads {
  /** What we tell prefillers about the transfer, by connector. */
  private readonly transferLines = new Map<string, string>();
  private readonly decoder: string;

  constructor(
    @Inject(sidecarConfig.KEY) { podIp, modelServerPort }: ConfigType<typeof sidecarConfig>,
    private readonly connectors: ConnectorRegistry,
  ) {
    const host = podIp === undefined ? 'localhost' : podIp.includes(':') ? `[${podIp}]` : podIp;
    this.decoder = `${host}:${modelServerPort}`;
  }

  /** @param length of the body in bytes */
  prefill(exchange: Exchange, target: Target, length: number): string {
    exchange.prefillSpan = exchange.span?.child('prefill', {
      [TRACE_ATTRIBUTE.prefillTarget]: target.label,
    });
    return buildLegHead(exchange, this.fieldsOf(exchange), {
      framing: `Content-Length: ${length}\r\n`,
      extra: this.transferLinesOf(exchange.route!.connector),
      identity: true,
      trace: exchange.prefillSpan?.headers,
    });
  }

  /** The decode leg, and every request that is passed through. */
  decode(exchange: Exchange): string {
    const fields = this.fieldsOf(exchange);
    exchange.decodeSpan = exchange.span?.child('decode');
    return buildLegHead(exchange, fields, {
      framing: exchange.decode
        ? `Content-Length: ${byteLength(exchange.decode.body)}\r\n`
        : framingAsSent(fields),
      // What may be a refusal is looked into.
      identity: exchange.ifRefused !== undefined,
      trace: exchange.decodeSpan?.headers,
    });
  }

  private transferLinesOf(name: string): string {
    let lines = this.transferLines.get(name);
    if (lines === undefined) {
      const own = Object.entries(this.connectors.find(name)!.prefillHeaders);
      lines = [['x-decoder-host-port', this.decoder], ...own]
        .map(([field, value]) => `${field}: ${value}\r\n`)
        .join('');
      this.transferLines.set(name, lines);
    }
    return lines;
  }

  /** Sorted once for all legs. */
  fieldsOf(exchange: Exchange): RequestFields {
    exchange.fields ??= readRequestFields(
      exchange.request,
      exchange.route ? TRANSFER_FIELDS : NONE,
    );
    return exchange.fields;
  }
}

function framingAsSent({ contentLength, chunked }: RequestFields): string {
  if (contentLength !== undefined) return `Content-Length: ${contentLength}\r\n`;
  return chunked ? 'Transfer-Encoding: chunked\r\n' : '';
}

import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { sidecarConfig } from '../../config/sidecar.config.js';
import { ConnectorRegistry } from '../../connector/connector.registry.js';
import { urlHost } from '../../endpoint/ip.js';
import type { Target } from '../../endpoint/target.js';
import { byteLength, type BodySlices } from '../../openai/json-splice.js';
import type { Exchange, Leg } from '../../proxy/exchange.js';
import { buildLegHead } from '../../proxy/leg-head.js';
import { readRequestFields, type RequestFields } from '../../proxy/request-fields.js';
import { TRACE_ATTRIBUTE } from '../../tracing/attributes.js';

/** What we tell prefillers about the transfer; a client's own word does not count. */
const TRANSFER_FIELDS = ['x-kv-connector', 'x-nixl-version', 'x-decoder-host-port'] as const;
const NONE: ReadonlySet<string> = new Set();

/** What a connector does to heads. */
interface TransferFields {
  /** Fields of a client that no leg carries, in lower case. */
  readonly withheld: ReadonlySet<string>;
  /** What every prefill leg says, by the data-parallel rank of the decoder. */
  readonly prefill: readonly string[];
}

/** Writes the heads of a request's legs. */
@Injectable()
export class LegHeads {
  /** By connector. */
  private readonly transfers = new Map<string, TransferFields>();
  /** `host:port` by data-parallel rank, as prefillers are told. */
  private readonly decoders: readonly string[];

  constructor(
    @Inject(sidecarConfig.KEY) config: ConfigType<typeof sidecarConfig>,
    private readonly connectors: ConnectorRegistry,
  ) {
    const { podIp, modelServerPort, dataParallelSize: length } = config;
    const host = urlHost(podIp ?? 'localhost');
    this.decoders = Array.from({ length }, (_, rank) => `${host}:${modelServerPort + rank}`);
  }

  prefill(exchange: Exchange, target: Target, { body, fields }: Leg): string {
    exchange.prefillSpan = exchange.span?.child('prefill', {
      [TRACE_ATTRIBUTE.prefillTarget]: target.label,
    });
    return buildLegHead(exchange, this.fieldsOf(exchange), {
      framing: `Content-Length: ${byteLength(body)}\r\n`,
      extra: this.transferOf(exchange.connector!).prefill[exchange.rank]! + linesOf(fields),
      identity: true,
      trace: exchange.prefillSpan?.headers,
    });
  }

  /**
   * A request to an encoder. Each has an id of its own, since an engine may get several of them at once.
   *
   * @param item counted from 0
   */
  encode(exchange: Exchange, item: number, body: BodySlices): string {
    const { request, facts, encoders } = exchange;
    exchange.encodeSpan ??= exchange.span?.child('encode', {
      [TRACE_ATTRIBUTE.encoderCount]: encoders!.length,
    });
    const requestId = `${facts.requestId}-enc-${item}`;
    const source = { request, facts: { target: facts.target, requestId } };
    return buildLegHead(source, this.fieldsOf(exchange), {
      framing: `Content-Length: ${byteLength(body)}\r\n`,
      identity: true,
      trace: exchange.encodeSpan?.headers,
    });
  }

  /**
   * The decode leg, and every request that is passed through.
   *
   * @param inChunks it is the first of several requests, whose answers are looked into
   */
  decode(exchange: Exchange, inChunks = false): string {
    const fields = this.fieldsOf(exchange);
    const { decode } = exchange;
    exchange.decodeSpan = exchange.span?.child(inChunks ? 'chunked_decode' : 'decode');
    return buildLegHead(exchange, fields, {
      framing: decode ? `Content-Length: ${byteLength(decode.body)}\r\n` : framingAsSent(fields),
      extra: linesOf(decode?.fields),
      // What may be a refusal is looked into.
      identity: inChunks || exchange.ifRefused !== undefined,
      trace: exchange.decodeSpan?.headers,
    });
  }

  /**
   * A further request for the answer of the decode leg.
   *
   * @param length of its body in bytes, @param fields of the decode leg
   */
  continuation(exchange: Exchange, length: number, fields: Leg['fields']): string {
    return buildLegHead(exchange, this.fieldsOf(exchange), {
      framing: `Content-Length: ${length}\r\n`,
      extra: linesOf(fields),
      identity: true,
      trace: exchange.decodeSpan?.headers,
    });
  }

  private transferOf(name: string): TransferFields {
    let transfer = this.transfers.get(name);
    if (transfer === undefined) {
      const { prefillHeaders, ownFields } = this.connectors.find(name)!;
      transfer = {
        withheld: new Set([...TRANSFER_FIELDS, ...ownFields]),
        prefill: this.decoders.map((decoder) =>
          linesOf({ 'x-decoder-host-port': decoder, ...prefillHeaders }),
        ),
      };
      this.transfers.set(name, transfer);
    }
    return transfer;
  }

  /** Sorted once for all legs. */
  fieldsOf(exchange: Exchange): RequestFields {
    const { connector } = exchange;
    exchange.fields ??= readRequestFields(
      exchange.request,
      connector === undefined ? NONE : this.transferOf(connector).withheld,
    );
    return exchange.fields;
  }
}

function linesOf(fields: Leg['fields']): string {
  if (fields === undefined) return '';
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}

function framingAsSent({ contentLength, chunked }: RequestFields): string {
  if (contentLength !== undefined) return `Content-Length: ${contentLength}\r\n`;
  return chunked ? 'Transfer-Encoding: chunked\r\n' : '';
}

import { Injectable } from '@nestjs/common';
import { ProxyError } from '../../../errors/proxy.error.js';
import { sendContinue } from '../../../listener/expect-continue.js';
import { JsonSyntaxError, readJsonObject, type JsonObject } from '../../../openai/json-object.js';
import { mediaTypeOf } from '../../../openai/media-type.js';
import { readBody } from '../../../proxy/body-buffer.js';
import { BodyMemory } from '../../../proxy/body-memory.js';
import { BufferBudget } from '../../../proxy/buffer-budget.js';
import type { Exchange } from '../../../proxy/exchange.js';
import { StreamedRequestBody } from '../../../proxy/streamed-request-body.js';
import type { RoutedRequest } from './dispatcher.service.js';
import { LazyFeatures } from './request-features.js';
import { RouterOptions } from '../router.options.js';
import { takesJson } from '../front/routes.js';

/** A body of another kind is kept up to here, so that it can be sent again; a longer one is streamed, once. */
const KEPT_BYTES = 1024 * 1024;

/** Reads what is needed of a request to choose its worker and, perhaps, to ask a second one. */
@Injectable()
export class RequestReader {
  constructor(
    private readonly options: RouterOptions,
    private readonly budget: BufferBudget,
  ) {}

  /** @throws ProxyError bad_json, body_too_large and what `readBody` throws; ExchangeEndedError */
  async read(exchange: Exchange): Promise<RoutedRequest> {
    const { request, facts } = exchange;
    const length = request.headers['content-length'];
    const isChunked = request.headers['transfer-encoding'] !== undefined;
    const needsJson = request.method === 'POST' && takesJson(facts.path);
    const isEmpty = !isChunked && (length === undefined || length === '0');
    if (isEmpty && !needsJson) {
      return { body: undefined, repeatable: true, features: this.features(exchange, undefined) };
    }
    const isJson = mediaTypeOf(request.headers['content-type'] ?? '') === 'application/json';
    const isShort = length !== undefined && Number(length) <= KEPT_BYTES;
    if (!needsJson && !isJson && !isShort) return this.streamed(exchange, isChunked);
    const bytes = await this.readWhole(exchange);
    const body = bytes.length === 0 ? [] : [bytes];
    const json = this.jsonOf(exchange, bytes, needsJson);
    return { body, repeatable: true, features: this.features(exchange, json) };
  }

  private streamed(exchange: Exchange, isChunked: boolean): RoutedRequest {
    const { request, response } = exchange;
    const length = request.headers['content-length'];
    const { maxPayloadSize } = this.options.config;
    if (length !== undefined && Number(length) > maxPayloadSize) {
      throw new ProxyError('payload_too_large', `a body of ${length} bytes`);
    }
    sendContinue(response);
    const body = new StreamedRequestBody(request, isChunked);
    return { body, repeatable: false, features: this.features(exchange, undefined) };
  }

  private async readWhole(exchange: Exchange): Promise<Buffer> {
    const { request, response } = exchange;
    const reservation = this.budget.open();
    exchange.reservation = reservation;
    const bytes = await readBody(request, {
      limit: this.options.config.maxPayloadSize,
      reservation,
      begin: () => sendContinue(response),
      whenEnded: (listener) => exchange.whenEnded(listener),
    }).catch(byOwnName);
    exchange.requestBytes = bytes.length;
    exchange.body = new BodyMemory(bytes, () => reservation.free());
    return bytes;
  }

  /** @throws ProxyError bad_json where it must be an object */
  private jsonOf({ request }: Exchange, bytes: Buffer, needsJson: boolean): JsonObject | undefined {
    // Workers may take coded bodies; what stands in them is theirs to read.
    if (request.headers['content-encoding'] !== undefined) return undefined;
    try {
      return readJsonObject(bytes);
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error;
      if (!needsJson) return undefined;
      throw new ProxyError('bad_json', `${error.message} at byte ${error.offset}`);
    }
  }

  private features({ request }: Exchange, body: JsonObject | undefined): LazyFeatures {
    const { sessionHeaders, sessionFields } = this.options.config;
    return new LazyFeatures(request, body, { headers: sessionHeaders, fields: sessionFields });
  }
}

/** The limit has another name here. */
function byOwnName(error: unknown): never {
  const isTooLarge = error instanceof ProxyError && error.code === 'body_too_large';
  throw isTooLarge ? new ProxyError('payload_too_large', error.message) : error;
}

import { Injectable } from '@nestjs/common';
import { ProxyError } from '../../../errors/proxy.error.js';
import { sendContinue } from '../../../listener/expect-continue.js';
import { JsonSyntaxError, readJsonObject, type JsonObject } from '../../../openai/json-object.js';
import { mediaTypeOf } from '../../../openai/media-type.js';
import { readBody } from '../../../proxy/body-buffer.js';
import { BodyMemory } from '../../../proxy/body-memory.js';
import { BufferBudget } from '../../../proxy/buffer-budget.js';
import type { RequestBody } from '../../../proxy/request-body.js';
import { StreamedRequestBody } from '../../../proxy/streamed-request-body.js';
import { byteLength } from '../../../openai/json-splice.js';
import { takesJson } from '../front/routes.js';
import { Tokenizer } from '../kv/tokenizer.service.js';
import { RouterOptions } from '../router.options.js';
import type { RouterConfig } from '../router.settings.js';
import { Models } from './models.service.js';
import { pinsOf } from './pins.js';
import { LazyFeatures, type SessionNames } from './request-features.js';
import { modelAliases, readModel, type ModelAliases } from './request-model.js';
import type { RoutedExchange } from './routed-exchange.js';
import type { RoutedRequest } from './routed-request.js';

/** A body of another kind is kept up to here, so that it can be sent again; a longer one is streamed, once. */
const KEPT_BYTES = 1024 * 1024;
const FORM = 'multipart/form-data';

/** Reads what is needed of a request to choose its worker and, perhaps, to ask a second one. */
@Injectable()
export class RequestReader {
  private aliases: ModelAliases;
  private sessions: SessionNames;

  constructor(
    private readonly options: RouterOptions,
    private readonly budget: BufferBudget,
    private readonly models: Models,
    private readonly tokenizer: Tokenizer,
  ) {
    this.aliases = modelAliases(options.config.modelAlias);
    this.sessions = sessionNames(options.config);
    options.onChange(['modelAlias'], (config) => {
      this.aliases = modelAliases(config.modelAlias);
    });
    options.onChange(['sessionHeaders', 'sessionFields'], (config) => {
      this.sessions = sessionNames(config);
    });
  }

  /**
   * @throws ProxyError bad_json, body_too_large, what `readBody` throws and what {@link Models.resolve} does;
   *   ExchangeEndedError
   */
  async read(exchange: RoutedExchange): Promise<RoutedRequest> {
    const request = this.models.resolve(exchange, await this.readAsSent(exchange));
    const tokens = this.tokenizer.prepare(exchange, request);
    if (tokens) {
      const letGo = exchange.body?.hold();
      await tokens.finally(letGo);
    }
    return request;
  }

  private async readAsSent(exchange: RoutedExchange): Promise<RoutedRequest> {
    const { request, facts } = exchange;
    const length = request.headers['content-length'];
    const isChunked = request.headers['transfer-encoding'] !== undefined;
    const needsJson = request.method === 'POST' && takesJson(facts.path);
    const isEmpty = !isChunked && (length === undefined || length === '0');
    if (isEmpty && !needsJson) return this.without(exchange, undefined, true);
    const type = mediaTypeOf(request.headers['content-type'] ?? '');
    const isShort = length !== undefined && Number(length) <= KEPT_BYTES;
    if (!needsJson && !isShort && !this.isRead(type)) return this.streamed(exchange, isChunked);
    const bytes = await this.readWhole(exchange);
    const json = this.jsonOf(exchange, bytes, needsJson);
    const isForm = json === undefined && type === FORM;
    const contentType = isForm ? request.headers['content-type']! : '';
    const body = readModel(bytes, json, contentType, this.aliases);
    exchange.model = body.model;
    return {
      body: body.slices,
      length: byteLength(body.slices),
      json: body.json,
      model: body.model,
      repeatable: true,
      pins: pinsOf(request),
      features: this.features(exchange, json),
    };
  }

  /** JSON always; forms where the model that they name decides something. */
  private isRead(type: string): boolean {
    if (type === 'application/json') return true;
    return type === FORM && (this.options.config.enableIgw || this.aliases.size > 0);
  }

  private without(exchange: RoutedExchange, body: RequestBody, repeatable: boolean): RoutedRequest {
    return {
      body,
      length: undefined,
      json: undefined,
      model: undefined,
      repeatable,
      pins: pinsOf(exchange.request),
      features: this.features(exchange, undefined),
    };
  }

  private streamed(exchange: RoutedExchange, isChunked: boolean): RoutedRequest {
    const { request, response } = exchange;
    const length = request.headers['content-length'];
    const { maxPayloadSize } = this.options.config;
    if (length !== undefined && Number(length) > maxPayloadSize) {
      throw new ProxyError('payload_too_large', `a body of ${length} bytes`);
    }
    sendContinue(response);
    return this.without(exchange, new StreamedRequestBody(request, isChunked), false);
  }

  private async readWhole(exchange: RoutedExchange): Promise<Buffer> {
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
  private jsonOf(
    { request }: RoutedExchange,
    bytes: Buffer,
    needsJson: boolean,
  ): JsonObject | undefined {
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

  private features(exchange: RoutedExchange, body: JsonObject | undefined): LazyFeatures {
    return new LazyFeatures(exchange.request, body, this.sessions, exchange.explains);
  }
}

/** Names of headers are in lower case where they are looked for. */
function sessionNames({ sessionHeaders, sessionFields: fields }: RouterConfig): SessionNames {
  return { headers: sessionHeaders.map((name) => name.toLowerCase()), fields };
}

/** The limit has another name here. */
function byOwnName(error: unknown): never {
  const isTooLarge = error instanceof ProxyError && error.code === 'body_too_large';
  throw isTooLarge ? new ProxyError('payload_too_large', error.message) : error;
}

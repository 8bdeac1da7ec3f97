import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { sidecarConfig } from '../config/sidecar.config.js';
import type { Target } from '../endpoint/target.js';
import { ProxyError } from '../errors/proxy.error.js';
import { Logger } from '../logging/logger.js';
import { JsonSyntaxError, readJsonObject, type JsonObject } from '../openai/json-object.js';
import type { BodySlices } from '../openai/json-splice.js';
import { mediaItemsOf } from '../openai/media-items.js';
import { collectAnswer } from '../proxy/answer-collector.js';
import type { BufferedAnswer, Exchange } from '../proxy/exchange.js';
import { isSuccess } from '../proxy/is-success.js';
import { Origins } from '../proxy/origins.js';
import { UpstreamService } from '../proxy/upstream.service.js';
import { Allowlist } from '../ssrf/allowlist.js';
import { describeTlsError } from '../tls/tls-error.js';
import { CallGroup } from './call-group.js';
import type { EcConnector, EncodedItems } from './ec-connector.js';
import { findEcConnector } from './ec-connectors.js';
import { encodeBodies } from './encode-body.js';
import { EncodeRefusal, failureOf, failureOfAnswer } from './encode-failure.js';
import { encoderSettings, type EncoderSettings } from './encoder.settings.js';

/** Items of one request: each is a request to an encoder, and all of them are under way at once. */
const MAX_ITEMS = 1024;
/** The head ends the wait for an encoder; what follows are a few hundred bytes that it has at hand. */
const BODY_TIMEOUT_MS = 60_000;

/** A request whose items are to be encoded. */
export interface EncodeRequest {
  readonly exchange: Exchange;
  readonly body: JsonObject;
  /** The head of the request for an item, which is counted from 0. */
  readonly head: (item: number, body: BodySlices) => string;
}

/** What came of it: edits for the engines that follow, or an encoder's refusal, which is the request's answer. */
export type EncodeResult = Pick<EncodedItems, 'edits'> | { readonly refusal: BufferedAnswer };

/** Has encoders compute the embeddings of what a request holds beside text. */
@Injectable()
export class EncodeService {
  private readonly settings: EncoderSettings;
  /** Undefined where no request gets here. */
  private readonly connector: EcConnector | undefined;
  private readonly maxAnswersBytes: number;

  constructor(
    private readonly upstream: UpstreamService,
    private readonly origins: Origins,
    private readonly allowlist: Allowlist,
    private readonly logger: Logger,
    @Inject(sidecarConfig.KEY) config: ConfigType<typeof sidecarConfig>,
  ) {
    this.settings = encoderSettings(config);
    this.connector = findEcConnector(this.settings.ecConnector);
    this.maxAnswersBytes = config.maxPrefillResponseBytes;
  }

  /**
   * Sends each item to one of the request's encoders in turn, all at once. The first one that fails ends the others.
   *
   * @returns undefined when none of the encoders may be asked any more
   * @throws ProxyError, or ExchangeEndedError when the client left
   */
  async run(request: EncodeRequest): Promise<EncodeResult | undefined> {
    const { exchange, body } = request;
    // One that was admitted may be so no more: its pod was deleted.
    const encoders = exchange.encoders!.filter((encoder) => this.allowlist.stillAllows(encoder));
    if (encoders.length === 0) return undefined;
    const items = mediaItemsOf(exchange.facts.api!, body, MAX_ITEMS + 1);
    if (items.length > MAX_ITEMS) {
      throw new ProxyError('too_many_items', `more than ${MAX_ITEMS} items`);
    }
    const connector = this.connector!;
    if (items.length === 0) return connector.read([]);
    const answers = await this.encodeAll(request, encoders, items);
    if (!Array.isArray(answers)) return { refusal: answers };
    const { edits, silent } = connector.read(answers);
    if (silent.length > 0) this.warnSilent(exchange, encoders, silent);
    return { edits };
  }

  /** @returns what the connector reads of all answers, or one that is the answer of the request */
  private async encodeAll(
    { exchange, body, head }: EncodeRequest,
    encoders: readonly Target[],
    items: readonly Buffer[],
  ): Promise<JsonObject[] | BufferedAnswer> {
    const started = performance.now();
    const letGo = exchange.body!.hold();
    const group = new CallGroup(exchange);
    const bodyOf = encodeBodies(exchange.facts.api!, body);
    const limit = Math.floor(this.maxAnswersBytes / items.length);
    try {
      const answers = await Promise.all(
        items.map((item, index) => {
          const encoder = encoders[index % encoders.length]!;
          const bytes = bodyOf(item);
          const leg = { exchange, encoder, index, limit, bytes, head: head(index, bytes) };
          return this.encode(leg, group);
        }),
      );
      exchange.encodeSpan?.end();
      return answers.filter((answer) => answer !== undefined);
    } catch (error) {
      group.end();
      if (!(error instanceof EncodeRefusal)) throw error;
      exchange.encodeSpan?.end({ status: error.answer.head.statusCode });
      return error.answer;
    } finally {
      group.close();
      letGo();
      exchange.timings.encode = performance.now() - started;
    }
  }

  private async encode(leg: EncodeLeg, group: CallGroup): Promise<JsonObject | undefined> {
    try {
      const answer = await this.send(leg, group);
      if (!isSuccess(answer.head)) throw failureOfAnswer(answer);
      return this.connector!.readsAnswers ? readAnswer(answer) : undefined;
    } catch (thrown) {
      const error = failureOf(thrown);
      if (error instanceof ProxyError) this.warnFailed(leg, error);
      throw error;
    }
  }

  private send(
    { exchange, encoder, limit, head, bytes }: EncodeLeg,
    group: CallGroup,
  ): Promise<BufferedAnswer> {
    const { encoderConnectTimeout, encoderTimeout } = this.settings;
    return collectAnswer(this.upstream, group, {
      origin: this.origins.encoder(encoder),
      limit,
      bodyTimeout: encoderTimeout > 0 ? Math.max(encoderTimeout, BODY_TIMEOUT_MS) : 0,
      request: {
        head,
        body: bytes,
        memory: exchange.body,
        toHead: false,
        connectTimeout: encoderConnectTimeout,
        headTimeout: encoderTimeout,
        repeatable: true,
      },
    });
  }

  private warnFailed({ exchange, encoder, index }: EncodeLeg, error: ProxyError): void {
    this.logger.warn('encode failed', {
      requestId: exchange.facts.requestId,
      encoder: encoder.label,
      item: index,
      code: error.code,
      reason: error.message,
      ...(error.code === 'encode_tls' && { tls: describeTlsError(error) }),
    });
  }

  private warnSilent(
    exchange: Exchange,
    encoders: readonly Target[],
    silent: readonly number[],
  ): void {
    const asked = new Set(silent.map((item) => encoders[item % encoders.length]!.label));
    this.logger.warn('encoders answered without ec_transfer_params: going on without theirs', {
      requestId: exchange.facts.requestId,
      encoders: [...asked],
      items: silent.length,
    });
  }
}

/** The request for one item. */
interface EncodeLeg {
  readonly exchange: Exchange;
  readonly encoder: Target;
  readonly index: number;
  /** Bytes that the answer may have. */
  readonly limit: number;
  readonly bytes: BodySlices;
  readonly head: string;
}

/** @throws ProxyError encode_answer_invalid */
function readAnswer({ body }: BufferedAnswer): JsonObject {
  try {
    return readJsonObject(body);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const detail = `${error.message} at byte ${error.offset}`;
    throw new ProxyError('encode_answer_invalid', detail, { cause: error });
  }
}

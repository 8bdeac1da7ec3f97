import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Endpoint } from '../../../fleet/endpoint.js';
import { PromptTokens } from '../../../kv-events/prompt-tokens.js';
import { RouterMetrics } from '../../../metrics/router.metrics.js';
import { findMember, type JsonObject } from '../../../openai/json-object.js';
import { collectAnswer } from '../../../proxy/answer-collector.js';
import { isSuccess } from '../../../proxy/is-success.js';
import { UpstreamError } from '../../../proxy/upstream-error.js';
import { UpstreamService } from '../../../proxy/upstream.service.js';
import { CircuitBreaker } from '../../../resilience/circuit-breaker.js';
import { RouterOptions } from '../router.options.js';
import { Pools } from '../routing/pools.service.js';
import type { RoutedExchange } from '../routing/routed-exchange.js';
import type { RoutedRequest } from '../routing/routed-request.js';
import { TokenCache } from '../../../kv-events/token-cache.js';
import { tokenIds, tokenizeQuestion } from '../../../openai/tokenize-question.js';

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** A longer one takes seconds to tokenize, and the worker's time. */
const MAX_QUESTION_BYTES = 4 * 1024 * 1024;
const MIB = 1024 * 1024;
/** After so many failures in a row a worker is not asked for a while. */
const BREAKER = { threshold: 5, cooldown: 2000 };
/** Others may wait for the answer too: it does not end with the client who asked first. */
const FOR_ALL = { ended: false, whenEnded: () => () => undefined };

/** Has prompts tokenized by workers of their model, where a policy wants tokens: the router has no tokenizer of its own. */
@Injectable()
export class Tokenizer {
  private readonly cache = new TokenCache();
  private readonly asked = new Map<string, Promise<Uint32Array | undefined>>();
  private readonly breakers = new WeakMap<Endpoint, CircuitBreaker>();
  private turn = 0;

  constructor(
    private readonly pools: Pools,
    private readonly upstream: UpstreamService,
    private readonly options: RouterOptions,
    private readonly metrics: RouterMetrics,
  ) {}

  /**
   * Sets the request's `features.prompt`, where its policy wants that and it can be had in time.
   *
   * @returns undefined where there is nothing to wait for; else a promise that never rejects
   */
  prepare({ facts, request: head }: RoutedExchange, request: RoutedRequest): Promise<void> | void {
    const { json, model } = request;
    const asking = json && this.pools.tokenWanting(model);
    if (!asking) return;
    const { kvEventModel } = this.options.config;
    const question = tokenizeQuestion(facts.path, json, kvEventModel);
    const name = model ?? kvEventModel ?? '';
    if (!question) return this.metrics.kv.tokens('unsupported');
    const salt = saltOf(json);
    const take = (tokens: Uint32Array): void => {
      request.features.prompt = new PromptTokens(tokens, name, salt);
    };
    if ('ids' in question) {
      this.metrics.kv.tokens('token_ids');
      return take(question.ids);
    }
    const { body } = question;
    const key = createHash('sha256').update(body).digest('base64');
    const known = this.cache.get(key);
    if (known) {
      this.metrics.kv.tokens('cached');
      return take(known);
    }
    const isLong = body.length > MAX_QUESTION_BYTES;
    const endpoint = isLong ? undefined : this.next(asking.pool.candidates());
    if (!endpoint) return this.metrics.kv.tokens('skipped');
    return this.once(key, () => this.ask(endpoint, body, head.headers.authorization)).then(
      (tokens) => tokens && take(tokens),
    );
  }

  /** @returns each in its turn, those left out that failed or cannot tell; undefined where nobody is left */
  private next(candidates: readonly Endpoint[]): Endpoint | undefined {
    const start = this.turn++;
    for (let i = 0; i < candidates.length; i++) {
      const endpoint = candidates[(start + i) % candidates.length]!;
      if (!endpoint.spec.external && this.breakerOf(endpoint).admits) return endpoint;
    }
    return undefined;
  }

  private breakerOf(endpoint: Endpoint): CircuitBreaker {
    let breaker = this.breakers.get(endpoint);
    if (!breaker) this.breakers.set(endpoint, (breaker = new CircuitBreaker(BREAKER)));
    return breaker;
  }

  /** Equal prompts that come at once are one question. */
  private once(
    key: string,
    ask: () => Promise<Uint32Array | undefined>,
  ): Promise<Uint32Array | undefined> {
    const asked = this.asked.get(key);
    if (asked) return asked;
    const answer = ask().then((tokens) => {
      this.asked.delete(key);
      if (tokens) this.cache.set(key, tokens);
      return tokens;
    });
    this.asked.set(key, answer);
    return answer;
  }

  private async ask(
    endpoint: Endpoint,
    body: Buffer,
    authorization: string | undefined,
  ): Promise<Uint32Array | undefined> {
    const end = this.breakerOf(endpoint).begin();
    try {
      const { status, tokens } = await this.tokensFrom(endpoint, body, authorization);
      // What the client asked may be wrong: that says nothing about the worker.
      const isRefused = status >= 400 && status < 500;
      end?.(tokens ? 'success' : isRefused ? 'abandoned' : 'failure');
      this.metrics.kv.tokens(tokens ? 'tokenize' : 'failed');
      return tokens;
    } catch (error) {
      end?.('failure');
      const isLate = error instanceof UpstreamError && error.failure.endsWith('timeout');
      this.metrics.kv.tokens(isLate ? 'timeout' : 'failed');
      return undefined;
    }
  }

  private async tokensFrom(
    { origin, spec }: Endpoint,
    body: Buffer,
    authorization: string | undefined,
  ): Promise<Told> {
    const key = spec.apiKey === undefined ? authorization : `Bearer ${spec.apiKey}`;
    const { kvTokenizeTimeoutSecs } = this.options.config;
    const patience = kvTokenizeTimeoutSecs + (body.length / MIB) * 1000;
    const answer = await collectAnswer(this.upstream, FOR_ALL, {
      origin,
      limit: MAX_ANSWER_BYTES,
      bodyTimeout: patience,
      request: {
        head:
          `POST /tokenize HTTP/1.1\r\nHost: ${origin.label}\r\nAccept-Encoding: identity\r\n` +
          (key === undefined ? '' : `Authorization: ${key}\r\n`) +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
        body: [body],
        toHead: false,
        connectTimeout: patience,
        headTimeout: patience,
        repeatable: true,
      },
    });
    const { statusCode: status } = answer.head;
    return { status, tokens: isSuccess(answer.head) ? tokensIn(answer.body) : undefined };
  }
}

interface Told {
  readonly status: number;
  readonly tokens: Uint32Array | undefined;
}

function tokensIn(body: Buffer): Uint32Array | undefined {
  try {
    const { tokens } = JSON.parse(body.toString()) as { tokens?: unknown };
    return tokenIds(tokens);
  } catch {
    return undefined;
  }
}

function saltOf(json: JsonObject): string {
  const member = findMember(json, 'cache_salt');
  if (!member) return '';
  try {
    const salt: unknown = JSON.parse(
      json.bytes.toString('utf8', member.valueStart, member.valueEnd),
    );
    return typeof salt === 'string' ? salt : '';
  } catch {
    return '';
  }
}

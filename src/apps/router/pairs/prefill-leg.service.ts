import { Injectable } from '@nestjs/common';
import { failureOf } from '../../../connector/prefill-failure.js';
import { readPrefillAnswer } from '../../../connector/prefill-answer.js';
import type { ProxyError } from '../../../errors/proxy.error.js';
import { RouterMetrics } from '../../../metrics/router.metrics.js';
import type { JsonObject } from '../../../openai/json-object.js';
import { collectAnswer } from '../../../proxy/answer-collector.js';
import type { BufferedAnswer, Leg } from '../../../proxy/exchange.js';
import { ExchangeEndedError } from '../../../proxy/exchange-ended.error.js';
import type { Origin } from '../../../proxy/origin.js';
import { retryAfterOf } from '../../../proxy/retry-after.js';
import { UpstreamError } from '../../../proxy/upstream-error.js';
import { UpstreamService } from '../../../proxy/upstream.service.js';
import { RouterOptions } from '../router.options.js';
import { RetryPolicy } from '../routing/retry-policy.js';
import { CONNECT_TIMEOUT_MS, isUndelivered, workerError } from '../routing/worker-error.js';
import { attemptSpan } from '../routing/spans.js';
import type { LegHeaders } from '../../../tracing/tracing.js';
import { PairHeads } from './pair-heads.js';
import type { Chosen, FailedLeg, PairRun } from './pair-run.js';

/** The head ends the wait for a prefill; what follows is a few hundred bytes that an engine has at hand. */
const BODY_TIMEOUT_MS = 60_000;

/** What a prefill worker answered: a 2xx, or what the client is to see. */
export interface PrefillDone {
  readonly answer: BufferedAnswer;
  /** Of a 2xx, where it is read. */
  readonly json?: JsonObject;
}

/** A prefill that is to be sent. */
export interface PrefillLeg {
  readonly leg: Leg;
  /** A 2xx must be a JSON object. */
  readonly readsAnswer: boolean;
  /** As `collectAnswer` calls it. */
  readonly onSent?: (abort: () => void) => void;
}

/** Sends one prefill, and says what its answer means. */
@Injectable()
export class PrefillLegs {
  constructor(
    private readonly upstream: UpstreamService,
    private readonly heads: PairHeads,
    private readonly retries: RetryPolicy,
    private readonly metrics: RouterMetrics,
    private readonly options: RouterOptions,
  ) {}

  /** @throws ExchangeEndedError when nobody waits for it any more */
  async send(run: PairRun, chosen: Chosen, prefill: PrefillLeg): Promise<PrefillDone | FailedLeg> {
    const { exchange } = run;
    const { id: worker } = chosen.endpoint;
    const began = performance.now();
    const letGo = exchange.body?.hold();
    exchange.prefiller = chosen.endpoint.spec.address.target;
    this.metrics.pairs.asked('prefill', worker);
    const span = attemptSpan(exchange, chosen.endpoint, 'prefill');
    const note = (end: { status: number } | { error: string }): void => {
      span?.end(end);
      const ms = performance.now() - began;
      exchange.timings.prefill = ms;
      exchange.attempts.push({ role: 'prefill', worker, ms, ...end });
    };
    try {
      const answer = await this.collect(run, chosen, prefill, span?.headers);
      note({ status: answer.head.statusCode });
      return this.judge(chosen, answer, prefill.readsAnswer);
    } catch (thrown) {
      if (thrown instanceof ExchangeEndedError) {
        chosen.end('abandoned');
        note({ error: exchange.ended ? 'client_gone' : 'not_needed' });
        throw thrown;
      }
      const error = errorOf(thrown);
      note({ error: error.code });
      return this.failed(chosen, { error, isUndelivered: isUndelivered(thrown) });
    } finally {
      letGo?.();
    }
  }

  private collect(
    { exchange }: PairRun,
    { endpoint }: Chosen,
    { leg, onSent }: PrefillLeg,
    trace: LegHeaders | undefined,
  ): Promise<BufferedAnswer> {
    return collectAnswer(this.upstream, exchange, {
      origin: originOf(endpoint.origin, leg),
      limit: this.options.config.maxPrefillResponseBytes,
      bodyTimeout: BODY_TIMEOUT_MS,
      onSent,
      request: {
        head: this.heads.of(exchange, endpoint, leg, { isRead: true, trace }),
        body: leg.body,
        memory: exchange.body,
        toHead: false,
        connectTimeout: CONNECT_TIMEOUT_MS,
        headTimeout: this.retries.headTimeout,
        repeatable: true,
      },
    });
  }

  private judge(
    chosen: Chosen,
    answer: BufferedAnswer,
    readsAnswer: boolean,
  ): PrefillDone | FailedLeg {
    const { statusCode, headers } = answer.head;
    if (this.retries.retries(statusCode)) {
      const retryAfter = retryAfterOf(headers) ?? 0;
      return this.failed(chosen, { answer, retryAfter }, this.retries.isFault(statusCode));
    }
    const { result, outcome } = readPrefillAnswer(answer, { readsAnswer }, false);
    if ('error' in result) return this.failed(chosen, { error: result.error });
    chosen.end(outcome);
    return result;
  }

  /** Gives its load back. @param isFault it says something bad of the worker */
  failed(chosen: Chosen, why: Partial<FailedLeg>, isFault = true): FailedLeg {
    chosen.end(isFault ? 'failure' : 'success');
    this.metrics.pairs.failed('prefill', chosen.endpoint.id);
    return { chosen, retryAfter: 0, isUndelivered: false, ...why };
  }
}

function errorOf(thrown: unknown): ProxyError {
  const own = thrown instanceof UpstreamError ? undefined : failureOf(thrown);
  return own?.error ?? workerError(thrown);
}

/** A name may have several addresses, and a leg be for one of them. */
function originOf(origin: Origin, { target }: Leg): Origin {
  const addresses = target?.addresses;
  if (!addresses) return origin;
  return { ...origin, key: `${origin.key} at ${addresses.join()}`, addresses };
}

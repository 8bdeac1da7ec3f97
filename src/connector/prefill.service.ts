import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { sidecarConfig } from '../config/sidecar.config.js';
import type { Target } from '../endpoint/target.js';
import { Logger } from '../logging/logger.js';
import { SidecarMetrics } from '../metrics/sidecar.metrics.js';
import { collectAnswer, ExchangeEndedError } from '../proxy/answer-collector.js';
import type { BufferedAnswer, Exchange } from '../proxy/exchange.js';
import { Origins } from '../proxy/origins.js';
import { UpstreamService } from '../proxy/upstream.service.js';
import type { BodySlices } from '../openai/json-splice.js';
import { describeTlsError } from '../tls/tls-error.js';
import { PrefillAttempts } from './prefill-attempts.js';
import { failureOf, failureOfStatus, type PrefillFailure } from './prefill-failure.js';

const SERVER_ERROR = 500;

/** The prefill leg of one request. */
export interface PrefillLeg {
  readonly exchange: Exchange;
  readonly candidates: readonly Target[];
  /** The leg's head; made anew for each attempt, since each has a span of its own. */
  readonly head: (target: Target) => string;
  readonly body: BodySlices;
}

/**
 * Gets a prefill done by one of a request's candidates, or tells why not.
 *
 * Every attempt stops at once when the client leaves, also while it waits for the next one.
 */
@Injectable()
export class PrefillService {
  constructor(
    private readonly upstream: UpstreamService,
    private readonly origins: Origins,
    private readonly metrics: SidecarMetrics,
    private readonly logger: Logger,
    @Inject(sidecarConfig.KEY) private readonly config: ConfigType<typeof sidecarConfig>,
  ) {}

  /**
   * @returns the prefiller's answer: a 2xx, or a 3xx, 4xx (or 5xx) that the client is to see
   * @throws ProxyError, or ExchangeEndedError when the client left
   */
  async run(leg: PrefillLeg): Promise<BufferedAnswer> {
    const { config, metrics } = this;
    const attempts = new PrefillAttempts(leg.candidates, {
      maxRetries: config.prefillMaxRetries,
      backoff: config.retryBackoff,
      fallback: config.prefillerFallback === 'candidates',
    });
    let target = attempts.first();
    for (;;) {
      const result = await this.attempt(leg, target);
      if ('head' in result) return result;
      const next = attempts.after(target, result);
      this.report(leg.exchange, target, result, next?.delay);
      if (!next) throw result.error;
      const { metric } = result.error.row;
      if (metric) metrics.error(metric);
      metrics.retried();
      leg.exchange.retries++;
      await pause(leg.exchange, next.delay);
      target = next.target;
    }
  }

  private async attempt(leg: PrefillLeg, target: Target): Promise<BufferedAnswer | PrefillFailure> {
    const { config, upstream } = this;
    leg.exchange.prefiller = target;
    const request = {
      head: leg.head(target),
      body: leg.body,
      toHead: false,
      connectTimeout: config.prefillerConnectTimeout,
      headTimeout: config.prefillerTimeout,
      repeatable: true,
    };
    const origin = this.origins.prefiller(target);
    const limit = config.maxPrefillResponseBytes;
    try {
      const answer = await collectAnswer(upstream, leg.exchange, { origin, request, limit });
      leg.exchange.prefillSpan?.end({ status: answer.head.statusCode });
      if (answer.head.statusCode < SERVER_ERROR || !config.retryOn5xx) return answer;
      return failureOfStatus(answer);
    } catch (error) {
      const failure = failureOf(error);
      if (!failure) throw error;
      leg.exchange.prefillSpan?.end({ error: failure.error.code });
      return failure;
    }
  }

  private report(
    exchange: Exchange,
    target: Target,
    failure: PrefillFailure,
    delay?: number,
  ): void {
    this.logger.warn(delay === undefined ? 'prefill failed' : 'prefill failed, trying again', {
      requestId: exchange.facts.requestId,
      prefiller: target.label,
      code: failure.error.code,
      reason: failure.error.message,
      ...(delay === undefined ? {} : { delayMs: Math.round(delay) }),
      ...(failure.error.code === 'prefill_tls' && { tls: describeTlsError(failure.error) }),
    });
  }
}

function pause(exchange: Exchange, milliseconds: number): Promise<void> {
  if (milliseconds <= 0 && !exchange.ended) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stopWaiting();
      resolve();
    }, milliseconds);
    const stopWaiting = exchange.whenEnded(() => {
      clearTimeout(timer);
      reject(new ExchangeEndedError('the client has left'));
    });
  });
}

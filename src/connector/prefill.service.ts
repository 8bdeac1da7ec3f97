import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { sidecarConfig } from '../config/sidecar.config.js';
import type { Target } from '../endpoint/target.js';
import { ProxyError } from '../errors/proxy.error.js';
import { Logger } from '../logging/logger.js';
import { SidecarMetrics } from '../metrics/sidecar.metrics.js';
import type { JsonObject } from '../openai/json-object.js';
import { Prefillers } from '../prefiller/prefillers.js';
import type { BufferedAnswer, Exchange } from '../proxy/exchange.js';
import { Allowlist } from '../ssrf/allowlist.js';
import { refuseTarget } from '../ssrf/refuse-target.js';
import { describeTlsError } from '../tls/tls-error.js';
import { PrefillAttempts, type NextAttempt } from './prefill-attempts.js';
import { failureOf, type PrefillFailure } from './prefill-failure.js';
import { pauseFor } from './pause.js';
import { readPrefillAnswer } from './prefill-answer.js';
import { PrefillSender, type PrefillLeg } from './prefill-sender.js';

/** What a prefiller answered: a 2xx, or a 3xx, 4xx (or 5xx) that the client is to see. */
export interface PrefillResult {
  readonly answer: BufferedAnswer;
  /** Of a 2xx, when the leg reads it. */
  readonly json?: JsonObject;
}

/**
 * Gets a prefill done by one of a request's candidates, or tells why not.
 *
 * Every attempt stops at once when the client leaves, also while it waits for the next one.
 */
@Injectable()
export class PrefillService {
  constructor(
    private readonly sender: PrefillSender,
    private readonly prefillers: Prefillers,
    private readonly allowlist: Allowlist,
    private readonly metrics: SidecarMetrics,
    private readonly logger: Logger,
    @Inject(sidecarConfig.KEY) private readonly config: ConfigType<typeof sidecarConfig>,
  ) {}

  /** @throws ProxyError, or ExchangeEndedError when the client left */
  async run(leg: PrefillLeg): Promise<PrefillResult> {
    const attempts = new PrefillAttempts(leg.candidates, {
      maxRetries: this.config.prefillMaxRetries,
      backoff: this.config.retryBackoff,
      admits: (target) => this.prefillers.admits(target),
    });
    let failed: PrefillFailure | undefined;
    let denied: Target | undefined;
    for (let next: NextAttempt | undefined = attempts.first(); next;) {
      const { target, delay } = next;
      const pause = pauseFor(leg.exchange, delay);
      if (pause) await pause;
      // A candidate that was admitted may be so no more: its pod was deleted, its breaker opened.
      if (!this.allowlist.stillAllows(target)) {
        denied = target;
        next = attempts.after(target, { remedy: 'fallback' });
        continue;
      }
      const end = this.prefillers.begin(target);
      if (!end) {
        next = attempts.after(target, { remedy: 'retry' });
        continue;
      }
      if (failed) this.countRetry(leg.exchange);
      if (target !== leg.candidates[0]) this.metrics.fellBack();
      const result = await this.attempt(leg, target, end);
      if ('answer' in result) return result;
      failed = result;
      // From then on the decode is under way too, and that is sent once.
      next = leg.isSent?.() ? undefined : attempts.after(target, failed);
      this.report(leg.exchange, target, failed, next?.delay);
      // The last one is counted with the request that it fails.
      if (next && failed.error.row.metric) this.metrics.error(failed.error.row.metric);
    }
    throw failed?.error ?? (denied ? this.denial(leg.exchange, denied) : notAsked(leg.candidates));
  }

  /** As the guard does it, which the request had passed. */
  private denial(exchange: Exchange, target: Target): ProxyError {
    const { logger, metrics } = this;
    return refuseTarget(exchange, target, 'not in the allowlist any more', { logger, metrics });
  }

  private async attempt(
    leg: PrefillLeg,
    target: Target,
    end: EndPrefill,
  ): Promise<PrefillResult | PrefillFailure> {
    const { exchange } = leg;
    exchange.prefiller = target;
    try {
      const answer = await this.sender.send(leg, target);
      exchange.prefillSpan?.end({ status: answer.head.statusCode });
      const { result, outcome } = readPrefillAnswer(answer, leg, this.config.retryOn5xx);
      end(outcome);
      return result;
    } catch (error) {
      const failure = failureOf(error);
      end(failure ? 'failure' : 'abandoned');
      if (!failure) throw error;
      exchange.prefillSpan?.end({ error: failure.error.code });
      return failure;
    }
  }

  private countRetry(exchange: Exchange): void {
    this.metrics.retried();
    exchange.retries++;
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

type EndPrefill = NonNullable<ReturnType<Prefillers['begin']>>;

/** All candidates were admitted a moment ago and none is now. */
function notAsked(candidates: readonly Target[]): ProxyError {
  const labels = candidates.map(({ label }) => label).join(', ');
  return new ProxyError('breaker_open', `none of ${labels} may be asked any more`);
}

import { Injectable } from '@nestjs/common';
import { ProxyError } from '../../../errors/proxy.error.js';
import type { Endpoint } from '../../../fleet/endpoint.js';
import { Logger } from '../../../logging/logger.js';
import { RouterMetrics } from '../../../metrics/router.metrics.js';
import { RouterOptions } from '../router.options.js';
import { Picker } from '../routing/picker.service.js';
import { RetryPause } from '../routing/retry-pause.service.js';
import { RetryPolicy } from '../routing/retry-policy.js';
import type { RoutedExchange } from '../routing/routed-exchange.js';
import type { Chosen, FailedLeg, PairRun, Stage } from './pair-run.js';

const NOBODY: ReadonlySet<Endpoint> = new Set();

/** Chooses the workers of both stages, and says how often and when another one is asked. */
@Injectable()
export class Stages {
  constructor(
    private readonly picker: Picker,
    private readonly retries: RetryPolicy,
    private readonly pause: RetryPause,
    private readonly options: RouterOptions,
    private readonly metrics: RouterMetrics,
    private readonly logger: Logger,
  ) {}

  /** Counts a request now, and when it is over. */
  count(exchange: RoutedExchange): void {
    this.retries.budget.deposit();
    exchange.response.once('close', () => {
      const seconds = (performance.now() - exchange.startedAt) / 1000;
      this.metrics.pairs.finished(exchange.facts.path, seconds, exchange.errorCode);
    });
  }

  /** The worker counts the request from here on. @throws ProxyError no_prefill_worker, no_worker */
  choose({ exchange, request, tried }: PairRun, stage: Stage): Chosen {
    // Nobody would take what is prefilled.
    if (stage === 'prefill' && !this.picker.hasOthers('decode', request, NOBODY)) {
      throw new ProxyError('no_worker', 'no decode worker can be used');
    }
    try {
      const { endpoint, heedless } = this.picker.pick(stage, exchange, request, tried[stage]);
      const end = endpoint.begin(performance.now(), heedless);
      if (!end) throw new ProxyError('no_worker', `${endpoint.id} takes none`);
      return { stage, endpoint, end };
    } catch (error) {
      const isNone = error instanceof ProxyError && error.code === 'no_worker';
      if (!isNone || stage === 'decode') throw error;
      throw new ProxyError('no_prefill_worker', error.message);
    }
  }

  /** Whether decode workers are to do it alone: no prefill worker is left that did not fail this request. */
  isAlone(run: PairRun): boolean {
    if (!this.mayBeAlone || (!run.isAlone && this.hasOthers(run, 'prefill'))) return false;
    this.logger.warn('no prefill worker can be used, the decode worker computes the prompt', {
      requestId: run.exchange.facts.requestId,
    });
    return true;
  }

  /** A prefill worker did its part and told of no KV: its connector is another one, or none. */
  computesAgain({ exchange }: PairRun, { endpoint }: Chosen, missing = 'kv_transfer_params'): void {
    this.logger.warn(`the prefill worker answered without ${missing}: decoding without them`, {
      requestId: exchange.facts.requestId,
      worker: endpoint.id,
    });
  }

  /** Whether the next attempt of a stage is the last one. */
  isLast({ failures }: PairRun, stage: Stage): boolean {
    return failures[stage] + 1 >= this.retries.attempts;
  }

  /**
   * Notes that a leg has failed, and waits until the next one may be sent.
   *
   * @returns false where none may be
   * @throws ExchangeEndedError when the client leaves meanwhile
   */
  async again(run: PairRun, failed: FailedLeg): Promise<boolean> {
    const { exchange, failures } = run;
    const { stage, endpoint } = failed.chosen;
    const wasLast = this.isLast(run, stage);
    run.tried[stage].add(endpoint);
    failures[stage]++;
    const hasOthers = this.hasOthers(run, stage);
    const mayRetry = !wasLast && this.isPaid(failed, failures[stage], hasOthers);
    if (stage === 'prefill' && this.mayBeAlone && (!mayRetry || !hasOthers)) {
      run.isAlone = true;
      return true;
    }
    if (!mayRetry) return false;
    await this.pause.after(exchange, {
      who: `${stage} worker`,
      endpoint,
      attempt: failures[stage],
      error: failed.error,
      retryAfter: hasOthers ? 0 : failed.retryAfter,
    });
    return true;
  }

  private get mayBeAlone(): boolean {
    return this.options.config.pdDecodeFallback;
  }

  private hasOthers({ request, tried }: PairRun, stage: Stage): boolean {
    return this.picker.hasOthers(stage, request, tried[stage]);
  }

  /** Whether another attempt is allowed. @param attempt of the stage, the one that failed, from 1 */
  private isPaid({ error, answer }: FailedLeg, attempt: number, hasOthers: boolean): boolean {
    if (error) return this.retries.mayFollow(error, attempt, hasOthers);
    // An answer of a decode worker was paid for when it was seen.
    return !answer || this.retries.budget.withdraw();
  }
}

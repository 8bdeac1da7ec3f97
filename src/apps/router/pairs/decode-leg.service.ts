import { Injectable } from '@nestjs/common';
import { RouterMetrics } from '../../../metrics/router.metrics.js';
import type { DecodeLeg } from '../../../proxy/exchange.js';
import { ForwardService } from '../../../proxy/forward.service.js';
import { retryAfterOf } from '../../../proxy/retry-after.js';
import { judged } from '../routing/answer-judge.js';
import { RetryPolicy } from '../routing/retry-policy.js';
import {
  CONNECT_TIMEOUT_MS,
  isUndelivered,
  workerError,
  refuseEmptyStream,
} from '../routing/worker-error.js';
import type { RoutedExchange } from '../routing/routed-exchange.js';
import { watched } from '../routing/watched-answer.js';
import { attemptSpan } from '../routing/spans.js';
import type { LegHeaders } from '../../../tracing/tracing.js';
import { PairHeads } from './pair-heads.js';
import type { Chosen, FailedLeg, PairRun } from './pair-run.js';
import { WatchedChange } from './watched-change.js';

/** `done`: the client has its answer, or nobody waits for one; `refused`: the decoder wants a prefill first. */
export type DecodeEnd = 'done' | 'refused' | FailedLeg;

/** Sends one decode, and its answer to the client. */
@Injectable()
export class DecodeLegs {
  constructor(
    private readonly forward: ForwardService,
    private readonly heads: PairHeads,
    private readonly retries: RetryPolicy,
    private readonly metrics: RouterMetrics,
  ) {}

  /**
   * @param isLast its answer goes to the client whatever it is
   * @throws what `exchange.beside` failed with, when that ended it
   */
  async send(run: PairRun, chosen: Chosen, leg: DecodeLeg, isLast: boolean): Promise<DecodeEnd> {
    const { exchange } = run;
    const { endpoint } = chosen;
    const { id: worker } = endpoint;
    const began = performance.now();
    const seen = { status: 0, retryAfter: 0 };
    exchange.worker = worker;
    exchange.decode = { body: [], transform: this.judge(exchange, seen, leg.transform, isLast) };
    this.metrics.pairs.asked('decode', worker);
    const span = attemptSpan(exchange, endpoint, 'decode');
    const note = (end: { status: number } | { error: string }): void => {
      span?.end(end);
      exchange.attempts.push({ role: 'decode', worker, ms: performance.now() - began, ...end });
    };
    try {
      const isRefused = await this.stream(run, chosen, leg, span?.headers);
      refuseEmptyStream(isRefused, exchange, endpoint);
      const isFault = exchange.cutBy !== undefined || this.retries.isFault(seen.status);
      const isUnknown = exchange.ended || seen.status === 0;
      chosen.end(isFault ? 'failure' : isUnknown ? 'abandoned' : 'success');
      const gone = exchange.ended ? 'client_gone' : 'not_needed';
      note(seen.status === 0 ? { error: gone } : { status: seen.status });
      if (exchange.cutBy) this.metrics.pairs.cut(worker);
      if (!isRefused) return 'done';
      if (!this.retries.retries(seen.status)) return 'refused';
      this.metrics.pairs.failed('decode', worker);
      return { chosen, retryAfter: seen.retryAfter, isUndelivered: false };
    } catch (thrown) {
      const error = workerError(thrown);
      note({ error: error.code });
      if (error === thrown) {
        // The prefill beside it has failed, or what is wrong is wrong here.
        chosen.end('abandoned');
        throw thrown;
      }
      chosen.end('failure');
      this.metrics.pairs.failed('decode', worker);
      return { chosen, error, retryAfter: 0, isUndelivered: isUndelivered(thrown) };
    }
  }

  private stream(
    run: PairRun,
    { endpoint }: Chosen,
    leg: DecodeLeg,
    trace: LegHeaders | undefined,
  ): Promise<boolean> {
    const { exchange } = run;
    return this.forward.stream(exchange, endpoint.origin, {
      head: this.heads.of(exchange, endpoint, leg, { isRead: false, trace }),
      body: leg.body,
      memory: exchange.body,
      toHead: false,
      connectTimeout: CONNECT_TIMEOUT_MS,
      headTimeout: this.retries.headTimeout,
      repeatable: true,
    });
  }

  /** Holds on to nothing of a leg but its change while an answer streams. */
  private judge(
    exchange: RoutedExchange,
    seen: { status: number; retryAfter: number },
    change: DecodeLeg['transform'],
    isLast: boolean,
  ): NonNullable<DecodeLeg['transform']> {
    const { retries, metrics } = this;
    return (head) => {
      seen.status = head.statusCode;
      const mayReplace = !isLast && retries.retries(head.statusCode);
      const isReplaced = mayReplace && retries.budget.withdraw();
      if (isReplaced) {
        seen.retryAfter = retryAfterOf(head.headers) ?? 0;
        exchange.watch = undefined;
        return judged(true);
      }
      const changed = change?.(head);
      if (!changed) return watched(exchange, head, metrics.tokens, !isLast);
      const watch = watched(exchange, head, metrics.tokens, false);
      const answer = watch ? new WatchedChange(changed, watch) : changed;
      return isLast ? answer : judged(false, answer);
    };
  }
}

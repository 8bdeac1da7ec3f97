import { Injectable } from '@nestjs/common';
import { pauseFor } from '../../../connector/pause.js';
import type { ProxyError } from '../../../errors/proxy.error.js';
import type { Endpoint } from '../../../fleet/endpoint.js';
import { Logger } from '../../../logging/logger.js';
import { RouterMetrics } from '../../../metrics/router.metrics.js';
import { RetryPolicy } from './retry-policy.js';
import type { RoutedExchange } from './routed-exchange.js';

/** An attempt after which another one is made. */
export interface FailedAttempt {
  /** For the log: `worker`, or of which role it is one. */
  readonly who: string;
  readonly endpoint: Endpoint;
  /** From 1. */
  readonly attempt: number;
  /** Left out where there is an answer, which says so. */
  readonly error?: ProxyError | undefined;
  /** Milliseconds that it asks to wait, where nobody else is left to ask; else 0. */
  readonly retryAfter: number;
}

/** What comes between two attempts: it is counted, told, and waited. */
@Injectable()
export class RetryPause {
  constructor(
    private readonly retries: RetryPolicy,
    private readonly metrics: RouterMetrics,
    private readonly logger: Logger,
  ) {}

  /** @throws ExchangeEndedError when the client leaves meanwhile */
  async after(exchange: RoutedExchange, failed: FailedAttempt): Promise<void> {
    const { who, endpoint, attempt, error, retryAfter } = failed;
    const delay = this.retries.pause(attempt, retryAfter);
    exchange.retries++;
    this.metrics.retried(exchange.facts.path, attempt, delay / 1000);
    this.logger.warn(`a ${who} failed, trying again`, {
      requestId: exchange.facts.requestId,
      worker: endpoint.id,
      reason: error?.message ?? 'its answer says so',
      delayMs: Math.round(delay),
    });
    const pause = pauseFor(exchange, delay);
    if (pause) await pause;
  }
}

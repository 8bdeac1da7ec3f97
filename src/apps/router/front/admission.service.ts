import { Injectable } from '@nestjs/common';
import { ProxyError } from '../../../errors/proxy.error.js';
import type { Exchange } from '../../../proxy/exchange.js';
import { ExchangeEndedError } from '../../../proxy/exchange-ended.error.js';
import {
  ConcurrencyLimit,
  type Leave,
  type LimitPolicy,
  type Refusal,
} from '../../../resilience/concurrency-limit.js';
import { TokenBucket } from '../../../resilience/token-bucket.js';
import { RouterOptions } from '../router.options.js';
import type { RouterConfig } from '../router.settings.js';

/** How many requests may go to workers, at a time and a second. */
@Injectable()
export class Admission {
  private readonly limit: ConcurrencyLimit;
  private rate: TokenBucket | undefined;

  constructor(private readonly options: RouterOptions) {
    const { config } = options;
    this.limit = new ConcurrencyLimit(limitOf(config));
    this.rate = rateOf(config);
    options.onChange(['maxConcurrentRequests', 'queueSize', 'queueTimeoutSecs'], (changed) => {
      this.limit.change(limitOf(changed));
    });
    options.onChange(['rateLimitTokensPerSecond'], (changed) => (this.rate = rateOf(changed)));
  }

  /** How many requests have a place, and how many wait for one. */
  get state(): { readonly admitted: number; readonly queued: number } {
    const { admitted, queued } = this.limit;
    return { admitted, queued };
  }

  /**
   * Waits for a place where there is none.
   *
   * @returns how to give it back
   * @throws ProxyError rate_limited, queue_full or queue_timeout; ExchangeEndedError when the client has left meanwhile
   */
  enter(exchange: Exchange): Leave | Promise<Leave> {
    const wait = this.rate?.take() ?? 0;
    if (wait > 0) {
      const retryAfter = Math.ceil(wait / 1000);
      throw new ProxyError('rate_limited', `a token in ${Math.ceil(wait)} ms`, { retryAfter });
    }
    const outcome = this.limit.enter((listener) => exchange.whenEnded(listener));
    return outcome instanceof Promise ? outcome.then(this.placeOf) : this.placeOf(outcome);
  }

  private readonly placeOf = (outcome: Leave | Refusal | undefined): Leave => {
    if (typeof outcome === 'function') return outcome;
    if (outcome === undefined) throw new ExchangeEndedError('the client left the queue');
    if (outcome === 'full') throw new ProxyError('queue_full', 'no place was free');
    const { queueTimeoutStatus: status } = this.options.config;
    throw new ProxyError('queue_timeout', 'no place was free', { status });
  };
}

function limitOf(config: RouterConfig): LimitPolicy {
  const { maxConcurrentRequests: most, queueSize: queue, queueTimeoutSecs: patience } = config;
  return { most, queue, patience };
}

function rateOf({ rateLimitTokensPerSecond: rate }: RouterConfig): TokenBucket | undefined {
  return rate === undefined ? undefined : new TokenBucket(rate);
}

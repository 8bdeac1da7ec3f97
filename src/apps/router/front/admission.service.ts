import { Injectable } from '@nestjs/common';
import { ProxyError } from '../../../errors/proxy.error.js';
import type { Exchange } from '../../../proxy/exchange.js';
import { ExchangeEndedError } from '../../../proxy/exchange-ended.error.js';
import {
  ConcurrencyLimit,
  type Leave,
  type Refusal,
} from '../../../resilience/concurrency-limit.js';
import { TokenBucket } from '../../../resilience/token-bucket.js';
import { RouterOptions } from '../router.options.js';

/** How many requests may go to workers, at a time and a second. */
@Injectable()
export class Admission {
  private readonly limit: ConcurrencyLimit;
  private readonly rate: TokenBucket | undefined;

  constructor({ config }: RouterOptions) {
    const { maxConcurrentRequests: most, queueSize: queue, queueTimeoutSecs: patience } = config;
    this.limit = new ConcurrencyLimit({ most, queue, patience });
    const { rateLimitTokensPerSecond: rate } = config;
    this.rate = rate === undefined ? undefined : new TokenBucket(rate);
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
    return outcome instanceof Promise ? outcome.then(placeOf) : placeOf(outcome);
  }
}

function placeOf(outcome: Leave | Refusal | undefined): Leave {
  if (typeof outcome === 'function') return outcome;
  if (outcome === undefined) throw new ExchangeEndedError('the client left the queue');
  throw new ProxyError(outcome === 'full' ? 'queue_full' : 'queue_timeout', 'no place was free');
}

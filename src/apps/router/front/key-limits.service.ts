import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ProxyError } from '../../../errors/proxy.error.js';
import { MinuteQuota } from '../../../resilience/minute-quota.js';
import { RouterOptions } from '../router.options.js';
import type { RoutedExchange } from '../routing/routed-exchange.js';
import { bearerIn } from './bearer.js';

/** Keys that are remembered; of more, those that were used longest ago begin anew. */
const MOST_KEYS = 10_000;
const ANONYMOUS = '';
/** Of a text that says nothing of its tokens. */
const BYTES_A_TOKEN = 4;

/** What one key has used. */
class Account {
  readonly requests = new MinuteQuota();
  readonly tokens = new MinuteQuota();
}

/** How much each key may ask for in a minute, whoever gave it out: a fair share for everyone. */
@Injectable()
export class KeyLimits {
  /** By a digest of the key, in the order of their last use. */
  private readonly accounts = new Map<string, Account>();

  constructor(private readonly options: RouterOptions) {}

  /**
   * Counts a request.
   *
   * @returns called with the request when it is over, counts its tokens; undefined where nothing is limited
   * @throws ProxyError key_requests or key_tokens, with the time until there is room
   */
  enter(exchange: RoutedExchange): ((exchange: RoutedExchange) => void) | undefined {
    const { keyRequestsPerMinute, keyTokensPerMinute } = this.options.config;
    if (keyRequestsPerMinute === 0 && keyTokensPerMinute === 0) return undefined;
    const { requests, tokens } = this.accountOf(keyIn(exchange.request));
    const now = performance.now();
    if (keyRequestsPerMinute > 0) refuse('key_requests', requests.wait(keyRequestsPerMinute, now));
    if (keyTokensPerMinute > 0) refuse('key_tokens', tokens.wait(keyTokensPerMinute, now));
    requests.use(1, now);
    return (over) => tokens.use(tokensOf(over), performance.now());
  }

  private accountOf(key: string): Account {
    const { accounts } = this;
    const account = accounts.get(key) ?? new Account();
    accounts.delete(key);
    accounts.set(key, account);
    if (accounts.size > MOST_KEYS) accounts.delete(accounts.keys().next().value!);
    return account;
  }
}

function refuse(code: 'key_requests' | 'key_tokens', wait: number): void {
  if (wait === 0) return;
  const retryAfter = Math.ceil(wait / 1000);
  throw new ProxyError(code, `room in ${Math.ceil(wait)} ms`, { retryAfter });
}

/** The bearer token, else `x-api-key`; all that send neither share one. */
function keyIn({ headers }: IncomingMessage): string {
  const key = bearerIn(headers) ?? headers['x-api-key'];
  if (typeof key !== 'string' || key === '') return ANONYMOUS;
  return createHash('sha256').update(key).digest('base64');
}

/** As the answer says; where it says nothing, by the length of the request. */
function tokensOf({ watch, requestBytes, attempts }: RoutedExchange): number {
  if (watch?.prompt !== undefined || watch?.completion !== undefined) {
    return (watch.prompt ?? 0) + (watch.completion ?? 0);
  }
  return attempts.length === 0 ? 0 : Math.ceil(requestBytes / BYTES_A_TOKEN);
}

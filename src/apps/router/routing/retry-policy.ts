import type { ProxyError } from '../../../errors/proxy.error.js';
import { RetryBudget } from '../../../resilience/retry-budget.js';
import type { RouterConfig } from '../router.settings.js';

/** Answers after which another worker may do better. */
const RETRYABLE: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
/** Of these, those that say something bad of the worker; 408 and 429 speak of the request or of load. */
const FAULTS: ReadonlySet<number> = new Set([500, 502, 503, 504]);

type RetrySettings = Pick<
  RouterConfig,
  | 'retryMaxRetries'
  | 'retryInitialBackoffMs'
  | 'retryMaxBackoffMs'
  | 'retryBackoffMultiplier'
  | 'retryJitterFactor'
  | 'disableRetries'
  | 'retryBudgetPercent'
  | 'retryBudgetMinPerSec'
  | 'requestTimeoutSecs'
>;

/** How often a request is tried, how long an attempt may take, and when the next one follows. */
export class RetryPolicy {
  /** What may be tried again, of all requests together. */
  readonly budget: RetryBudget;

  /** @param random from 0 up to, but not including, 1 */
  constructor(
    private readonly options: { readonly config: RetrySettings },
    private readonly random: () => number = Math.random,
  ) {
    this.budget = new RetryBudget(() => ({
      percent: options.config.retryBudgetPercent,
      minPerSecond: options.config.retryBudgetMinPerSec,
    }));
  }

  get attempts(): number {
    const { disableRetries, retryMaxRetries } = this.options.config;
    return disableRetries ? 1 : retryMaxRetries;
  }

  /** Milliseconds that a worker has for the head of its answer; 0 = no limit. */
  get headTimeout(): number {
    return this.options.config.requestTimeoutSecs;
  }

  /** Whether another attempt may follow an answer of that status. */
  retries(status: number): boolean {
    return RETRYABLE.has(status);
  }

  /**
   * Whether another attempt may follow one without an answer: the budget pays for it. A worker that has died costs
   * nobody an answer, however many requests it had: another one gets them, once. One that took too long is not given
   * that time again.
   *
   * @param attempt the one that failed, from 1
   * @param hasOthers a worker is left that did not fail the request
   */
  mayFollow({ code }: ProxyError, attempt: number, hasOthers: boolean): boolean {
    if (code === 'worker_timeout' && !hasOthers) return false;
    const isGone = code === 'worker_unreachable' || code === 'worker_failed';
    return (isGone && attempt === 1) || this.budget.withdraw();
  }

  /** Whether an answer of that status counts against the worker. */
  isFault(status: number): boolean {
    return FAULTS.has(status);
  }

  /**
   * @param attempt the one that failed, from 1
   * @param asked milliseconds that the worker asked for (Retry-After), where nobody else is left to ask
   * @returns milliseconds until the next one
   */
  pause(attempt: number, asked = 0): number {
    const { retryInitialBackoffMs, retryBackoffMultiplier, retryMaxBackoffMs, retryJitterFactor } =
      this.options.config;
    const plain = Math.min(
      retryInitialBackoffMs * retryBackoffMultiplier ** (attempt - 1),
      retryMaxBackoffMs,
    );
    const jittered = plain * (1 + retryJitterFactor * (2 * this.random() - 1));
    return Math.max(jittered, Math.min(asked, retryMaxBackoffMs));
  }
}

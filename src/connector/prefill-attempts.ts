import type { Target } from '../endpoint/target.js';
import type { PrefillFailure } from './prefill-failure.js';

/** ± this share of a delay, so that requests that failed together do not come back together. */
const JITTER = 0.2;

export interface AttemptPolicy {
  /** Rounds after the first one. */
  readonly maxRetries: number;
  /** Milliseconds before the second round; each further one waits twice as long. */
  readonly backoff: number;
  /** Whether other candidates are asked after the first one failed. */
  readonly fallback: boolean;
}

/** Whom to ask next, and when. */
export interface NextAttempt {
  readonly target: Target;
  /** Milliseconds to wait before. */
  readonly delay: number;
}

/**
 * The order of attempts at one request's candidates: a round asks each of them once, without delay
 * in between; a back-off stands between rounds. A candidate that may not be asked again is out.
 */
export class PrefillAttempts {
  /** Those still to be asked in this round. */
  private round: Target[];
  private again: Target[] = [];
  private rounds = 0;
  /** Milliseconds that the candidates of this round asked to wait, the longest of them. */
  private retryAfter = 0;

  constructor(
    candidates: readonly Target[],
    private readonly policy: AttemptPolicy,
    private readonly random: () => number = Math.random,
  ) {
    this.round = policy.fallback ? [...candidates] : candidates.slice(0, 1);
  }

  first(): Target {
    return this.round.shift()!;
  }

  /**
   * @param failed the one asked last
   * @returns undefined when nothing is left to try
   */
  after(failed: Target, failure: PrefillFailure): NextAttempt | undefined {
    if (failure.remedy === 'none') return undefined;
    if (failure.remedy === 'retry') this.again.push(failed);
    this.retryAfter = Math.max(this.retryAfter, failure.retryAfter ?? 0);
    const next = this.round.shift();
    if (next) return { target: next, delay: 0 };
    if (this.again.length === 0 || this.rounds === this.policy.maxRetries) return undefined;
    const backoff = this.policy.backoff * 2 ** this.rounds++;
    const delay = Math.max(backoff * (1 + JITTER * (2 * this.random() - 1)), this.retryAfter);
    this.retryAfter = 0;
    this.round = this.again;
    this.again = [];
    return { target: this.first(), delay };
  }
}

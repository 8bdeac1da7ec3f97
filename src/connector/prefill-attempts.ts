import type { Target } from '../endpoint/target.js';
import type { Remedy } from '../errors/error-row.js';

/** ± this share of a delay, so that requests that failed together do not come back together. */
const JITTER = 0.2;

export interface AttemptPolicy {
  /** Rounds after the first one. */
  readonly maxRetries: number;
  /** Milliseconds before the second round; each further one waits twice as long. */
  readonly backoff: number;
  /** Whether a candidate may be asked at the moment: it makes no sense to wait for one that may not. */
  readonly admits: (candidate: Target) => boolean;
}

/** What became of an attempt, as far as the order of the next ones goes. */
export interface AttemptEnd {
  readonly remedy: Remedy;
  /** Milliseconds that the prefiller asks to wait (Retry-After), where it does. */
  readonly retryAfter?: number;
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
    this.round = [...candidates];
  }

  first(): NextAttempt {
    return { target: this.round.shift()!, delay: 0 };
  }

  /**
   * @param asked the one that {@link first} or the last call gave
   * @returns undefined when nothing is left to try
   */
  after(asked: Target, { remedy, retryAfter = 0 }: AttemptEnd): NextAttempt | undefined {
    if (remedy === 'none') return undefined;
    if (remedy === 'retry') this.again.push(asked);
    this.retryAfter = Math.max(this.retryAfter, retryAfter);
    const next = this.round.shift();
    if (next) return { target: next, delay: 0 };
    if (this.rounds === this.policy.maxRetries) return undefined;
    if (!this.again.some((candidate) => this.policy.admits(candidate))) return undefined;
    const backoff = this.policy.backoff * 2 ** this.rounds++;
    const delay = Math.max(backoff * (1 + JITTER * (2 * this.random() - 1)), this.retryAfter);
    this.retryAfter = 0;
    this.round = this.again;
    this.again = [];
    return { target: this.round.shift()!, delay };
  }
}

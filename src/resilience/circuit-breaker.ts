/**
 * `closed`: attempts go through. `open`: none does, for the cool-down. `half_open`: one does, and decides.
 *
 * @see https://martinfowler.com/bliki/CircuitBreaker.html
 */
export type BreakerState = 'closed' | 'open' | 'half_open';

export interface BreakerPolicy {
  /** Failures in a row that open the breaker; at least 1. */
  readonly threshold: number;
  /** Milliseconds from opening to the first probe. */
  readonly cooldown: number;
}

/** How an attempt ended. */
export type AttemptOutcome =
  | 'success'
  | 'failure'
  /** Says nothing about the other side: the client left, or it asked for patience. */
  | 'abandoned';

/** Ends an attempt; the first call counts, later ones do nothing. */
export type EndAttempt = (outcome: AttemptOutcome) => void;

/** Decides from the outcomes of earlier attempts whether another one may start. */
export class CircuitBreaker {
  private failures = 0;
  /** When it opened, by {@link now}; undefined while it is closed. */
  private openedAt: number | undefined;
  private probing = false;
  /** Attempts that started before the last change of state have no say in the present one. */
  private era = 0;

  /**
   * @param now milliseconds of a clock that never goes back
   * @param changed told of each change but the one that time alone brings, from open to half-open
   */
  constructor(
    private readonly policy: BreakerPolicy,
    private readonly now: () => number = () => performance.now(),
    private readonly changed: (state: BreakerState) => void = () => undefined,
  ) {}

  get state(): BreakerState {
    if (this.openedAt === undefined) return 'closed';
    return this.now() - this.openedAt < this.policy.cooldown ? 'open' : 'half_open';
  }

  /** Whether {@link begin} would let an attempt start. */
  get admits(): boolean {
    const { state } = this;
    return state === 'closed' || (state === 'half_open' && !this.probing);
  }

  /** Milliseconds until an attempt may start; 0 when one may, or when a probe is under way. */
  get retryAfter(): number {
    if (this.openedAt === undefined) return 0;
    return Math.max(this.policy.cooldown - (this.now() - this.openedAt), 0);
  }

  /** Nothing is remembered: a new breaker would do as well. */
  get pristine(): boolean {
    return this.openedAt === undefined && this.failures === 0;
  }

  /**
   * Starts an attempt. While half-open it is the probe, and the only one until it ends.
   *
   * @returns undefined when none may start
   */
  begin(): EndAttempt | undefined {
    if (!this.admits) return undefined;
    if (this.openedAt !== undefined) this.probing = true;
    const { era } = this;
    let ended = false;
    return (outcome) => {
      if (ended) return;
      ended = true;
      if (era === this.era) this.end(outcome);
    };
  }

  private end(outcome: AttemptOutcome): void {
    this.probing = false;
    if (outcome === 'abandoned') return;
    const wasClosed = this.openedAt === undefined;
    if (outcome === 'success') {
      this.failures = 0;
      if (!wasClosed) this.change(undefined);
    } else if (++this.failures >= this.policy.threshold || !wasClosed) {
      this.change(this.now());
    }
  }

  private change(openedAt: number | undefined): void {
    this.openedAt = openedAt;
    this.era++;
    this.changed(openedAt === undefined ? 'closed' : 'open');
  }
}

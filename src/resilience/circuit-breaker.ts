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
  /** Good probes in a row that close it; one unless given. */
  readonly successes?: number;
  /** Milliseconds in which failures must come to count together; left out: however long it takes. */
  readonly window?: number;
  /** Milliseconds after which a probe that hangs keeps no other one away; the cool-down unless given. */
  readonly patience?: number;
}

/** How an attempt ended. */
export type AttemptOutcome =
  | 'success'
  | 'failure'
  /** Says nothing about the other side: the client left, or it asked for patience. */
  | 'abandoned';

/** Ends an attempt; the first call counts, later ones do nothing. */
export type EndAttempt = (outcome: AttemptOutcome) => void;

/** All that a breaker knows at one time, without its clock: it can be told to another process. */
export interface BreakerSnapshot {
  /** Counts the changes of state. */
  readonly era: number;
  /** In a row. */
  readonly failures: number;
  /** Milliseconds since it opened; left out while it is closed. */
  readonly openForMs?: number;
  /** Milliseconds since the probe under way began; left out when none is. */
  readonly probeForMs?: number;
}

/** Decides from the outcomes of earlier attempts whether another one may start. */
export class CircuitBreaker {
  private failures = 0;
  /** When the failures that count came, where they count for a while only. */
  private readonly failedAt: number[] = [];
  /** Good probes since it opened. */
  private successes = 0;
  /** When it opened, by {@link now}; undefined while it is closed. */
  private openedAt: number | undefined;
  /** When the probe under way began; undefined when none is. */
  private probeAt: number | undefined;
  /** Attempts that started before the last change of state have no say in the present one. */
  private era = 0;

  /**
   * @param now milliseconds of a clock that never goes back
   * @param changed told when it opens and closes, and of `half_open` when a probe begins
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
    return state === 'closed' || (state === 'half_open' && !this.isProbing);
  }

  /** Milliseconds until an attempt may start; 0 when one may. */
  get retryAfter(): number {
    const since = this.probeAt ?? this.openedAt;
    const wait = this.probeAt === undefined ? this.policy.cooldown : this.patience;
    return since === undefined ? 0 : Math.max(wait - (this.now() - since), 0);
  }

  /** Nothing is remembered: a new breaker would do as well. */
  get pristine(): boolean {
    return this.openedAt === undefined && this.failures === 0;
  }

  get snapshot(): BreakerSnapshot {
    const { era, failures, openedAt, probeAt } = this;
    return {
      era,
      failures,
      ...(openedAt !== undefined && { openForMs: this.now() - openedAt }),
      ...(probeAt !== undefined && { probeForMs: this.now() - probeAt }),
    };
  }

  /**
   * Starts an attempt. While half-open it is the probe, and the only one until it ends or has lasted as long as
   * patience goes: one that hangs must not keep all others away.
   *
   * @returns undefined when none may start
   */
  begin(): EndAttempt | undefined {
    if (!this.admits) return undefined;
    if (this.openedAt !== undefined) this.beginProbe();
    const { era } = this;
    let ended = false;
    return (outcome) => {
      if (ended) return;
      ended = true;
      if (era === this.era) this.end(outcome);
    };
  }

  /** The other side has answered by another way: an open breaker waits no longer for its probe. */
  readmit(): void {
    if (this.openedAt === undefined) return;
    this.openedAt = Math.min(this.openedAt, this.now() - this.policy.cooldown);
  }

  private get isProbing(): boolean {
    return this.probeAt !== undefined && this.now() - this.probeAt < this.patience;
  }

  private get patience(): number {
    return this.policy.patience ?? this.policy.cooldown;
  }

  private beginProbe(): void {
    this.probeAt = this.now();
    // A probe that took too long has no say any more.
    this.era++;
    this.changed('half_open');
  }

  private end(outcome: AttemptOutcome): void {
    this.probeAt = undefined;
    if (outcome === 'abandoned') return;
    const wasClosed = this.openedAt === undefined;
    if (outcome === 'success') {
      this.failures = 0;
      this.failedAt.length = 0;
      if (!wasClosed && ++this.successes >= (this.policy.successes ?? 1)) this.change(undefined);
    } else if (this.countFailure() >= this.policy.threshold || !wasClosed) {
      this.change(this.now());
    }
  }

  /** @returns failures in a row, of the window where there is one */
  private countFailure(): number {
    this.failures++;
    const { window } = this.policy;
    if (window === undefined) return this.failures;
    const { failedAt } = this;
    failedAt.push(this.now());
    while (failedAt[0]! < this.now() - window) failedAt.shift();
    return (this.failures = failedAt.length);
  }

  private change(openedAt: number | undefined): void {
    this.successes = 0;
    this.openedAt = openedAt;
    this.probeAt = undefined;
    this.era++;
    this.changed(openedAt === undefined ? 'closed' : 'open');
  }
}

import type { Breakers } from './breakers.js';
import {
  CircuitBreaker,
  type BreakerPolicy,
  type BreakerState,
  type EndAttempt,
} from './circuit-breaker.js';

/** Clients choose the keys: what is kept for them is bounded. */
const MAX_KEPT = 1024;

const IGNORE_OUTCOME: EndAttempt = () => undefined;

/** A breaker for each key, made when it is first asked for. */
export class CircuitBreakers implements Breakers {
  protected readonly breakers = new Map<string, CircuitBreaker>();

  /**
   * @param policy a threshold of 0 switches all breakers off
   * @param changed told when a breaker opens or closes
   */
  constructor(
    protected readonly policy: BreakerPolicy,
    private readonly changed: (key: string, state: BreakerState) => void = () => undefined,
    private readonly now?: () => number,
  ) {}

  /** Whether {@link begin} would let an attempt start. */
  admits(key: string): boolean {
    return this.breakers.get(key)?.admits ?? true;
  }

  /** Milliseconds until an attempt may start. */
  retryAfter(key: string): number {
    return this.breakers.get(key)?.retryAfter ?? 0;
  }

  /** @returns ends the attempt; undefined when none may start */
  begin(key: string): EndAttempt | undefined {
    return this.policy.threshold === 0 ? IGNORE_OUTCOME : this.of(key).begin();
  }

  /** A breaker of this process alone is asked by {@link begin}. */
  claim(): undefined {
    return undefined;
  }

  note(key: string): void {
    if (this.policy.threshold > 0) this.of(key);
  }

  /** Forgets what it knows of a key: it is not there any more. */
  forget(key: string): void {
    this.breakers.delete(key);
  }

  /** How many breakers are in each state at the moment. */
  count(): Record<BreakerState, number> {
    const counts: Record<BreakerState, number> = { closed: 0, open: 0, half_open: 0 };
    for (const { state } of this.breakers.values()) counts[state]++;
    return counts;
  }

  protected of(key: string): CircuitBreaker {
    let breaker = this.breakers.get(key);
    if (!breaker) {
      if (this.breakers.size >= MAX_KEPT) this.forgetOne();
      breaker = new CircuitBreaker(this.policy, this.now, (state) => this.changed(key, state));
      this.breakers.set(key, breaker);
    }
    return breaker;
  }

  /** The oldest of those that would not be missed; if all would be, the oldest. */
  private forgetOne(): void {
    let victim: string | undefined;
    for (const [key, breaker] of this.breakers) {
      victim ??= key;
      if (!breaker.pristine) continue;
      victim = key;
      break;
    }
    if (victim !== undefined) this.forget(victim);
  }
}

/**
 * A rate limit that lets short bursts pass: a bucket that holds a second's worth of tokens and is filled at a steady pace.
 *
 * @see https://en.wikipedia.org/wiki/Token_bucket
 */
export class TokenBucket {
  private tokens: number;
  private filledAt: number;

  /**
   * @param rate tokens a second, above 0
   * @param now milliseconds of a clock that never goes back
   */
  constructor(
    private readonly rate: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.tokens = this.capacity;
    this.filledAt = this.now();
  }

  /** At least one token fits, however slow the rate. */
  private get capacity(): number {
    return Math.max(this.rate, 1);
  }

  /** Takes a token. @returns 0, or the milliseconds until there is one */
  take(): number {
    const now = this.now();
    const added = ((now - this.filledAt) / 1000) * this.rate;
    this.tokens = Math.min(this.tokens + added, this.capacity);
    this.filledAt = now;
    if (this.tokens < 1) return ((1 - this.tokens) / this.rate) * 1000;
    this.tokens--;
    return 0;
  }
}

/** How much may be tried again, beside what comes in. */
export interface RetryBudgetPolicy {
  /** Retries in percent of the requests of the last seconds; 100 or more: no limit. */
  readonly percent: number;
  /** Retries a second that are allowed at any load. */
  readonly minPerSecond: number;
}

/** Seconds that count. */
const WINDOW = 10;

/**
 * Keeps retries a share of the load: when all servers fail, retries must not multiply what they are sent.
 *
 * Counts are kept by the second, so that a request costs an addition.
 *
 * @see https://sre.google/sre-book/addressing-cascading-failures/
 */
export class RetryBudget {
  private readonly requests = new Array<number>(WINDOW).fill(0);
  private readonly retries = new Array<number>(WINDOW).fill(0);
  private requestsInWindow = 0;
  private retriesInWindow = 0;
  private second: number;

  /**
   * @param policy asked each time: it may change
   * @param now milliseconds of a clock that never goes back
   */
  constructor(
    private readonly policy: () => RetryBudgetPolicy,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.second = Math.floor(this.now() / 1000);
  }

  /** A request has come in. */
  deposit(): void {
    this.advance();
    this.requests[this.second % WINDOW]!++;
    this.requestsInWindow++;
  }

  /** @returns whether one more retry is allowed, which then counts */
  withdraw(): boolean {
    const { percent, minPerSecond } = this.policy();
    if (percent >= 100) return true;
    this.advance();
    const share = (this.requestsInWindow * percent) / 100;
    if (this.retriesInWindow >= Math.max(share, minPerSecond * WINDOW)) return false;
    this.retries[this.second % WINDOW]!++;
    this.retriesInWindow++;
    return true;
  }

  /** Seconds that have passed out of the window count no more. */
  private advance(): void {
    const second = Math.floor(this.now() / 1000);
    for (let passed = Math.min(second - this.second, WINDOW); passed > 0; passed--) {
      const slot = (second - passed + 1) % WINDOW;
      this.requestsInWindow -= this.requests[slot]!;
      this.retriesInWindow -= this.retries[slot]!;
      this.requests[slot] = this.retries[slot] = 0;
    }
    this.second = second;
  }
}

const SECOND_MS = 1000;

/** Lets so many lines a second into a log, and counts what it withholds. */
export class LineBudget {
  private windowEnd = 0;
  private used = 0;
  private withheld = 0;

  /** @param perSecond lines that may be written in any one second */
  constructor(private readonly perSecond: number) {}

  /**
   * Asks for a line.
   *
   * @param now in ms, of a clock that never goes back
   * @returns whether it may be written, and how many were withheld since that was last told
   */
  take(now: number): { allowed: boolean; withheld: number } {
    let withheld = 0;
    if (now >= this.windowEnd) {
      this.windowEnd = now + SECOND_MS;
      this.used = 0;
      withheld = this.withheld;
      this.withheld = 0;
    }
    const allowed = this.used < this.perSecond;
    if (allowed) this.used++;
    else this.withheld++;
    return { allowed, withheld };
  }
}

/** How much has been used of a quota a minute, in a window that slides. */
export class MinuteQuota {
  private used = 0;
  private usedBefore = 0;
  private minute = 0;

  /**
   * @param limit a minute, above 0
   * @param now milliseconds of a clock that never goes back
   * @returns 0 where more may be used, else the milliseconds until then
   */
  wait(limit: number, now: number): number {
    this.advance(now);
    const passed = (now % MINUTE) / MINUTE;
    if (this.used + this.usedBefore * (1 - passed) < limit) return 0;
    // Until the last minute's share has become small enough, or, where this minute used it all, in the next one.
    if (this.used >= limit) {
      const share = Math.max(1 - limit / this.used, 0);
      return MINUTE * (1 - passed) + MINUTE * share;
    }
    return Math.max(MINUTE * (1 - (limit - this.used) / this.usedBefore - passed), 1);
  }

  use(amount: number, now: number): void {
    this.advance(now);
    this.used += amount;
  }

  private advance(now: number): void {
    const minute = Math.floor(now / MINUTE);
    if (minute === this.minute) return;
    this.usedBefore = minute === this.minute + 1 ? this.used : 0;
    this.used = 0;
    this.minute = minute;
  }
}

const MINUTE = 60_000;

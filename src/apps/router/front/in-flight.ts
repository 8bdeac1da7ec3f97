/** How many requests are being answered, and when the last of them is. */
export class InFlight {
  private count = 0;
  private readonly waiting = new Set<() => void>();

  begin(): void {
    this.count++;
  }

  end(): void {
    if (--this.count > 0) return;
    for (const done of this.waiting) done();
  }

  /** @param within milliseconds @returns when nothing is in flight, or the time is over, true for the former */
  idle(within: number): Promise<boolean> {
    if (this.count === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (isIdle: boolean): void => {
        clearTimeout(timer);
        this.waiting.delete(done);
        resolve(isIdle);
      };
      const done = (): void => settle(true);
      const timer = setTimeout(() => settle(false), within);
      this.waiting.add(done);
    });
  }
}

/** A signal that aborts when its parent does, or when something takes too long. */
export class StallGuard {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private readonly follow = (): void => this.controller.abort(this.parent.reason);

  constructor(private readonly parent: AbortSignal) {
    // A listener that is added after the abort never fires.
    if (parent.aborted) this.follow();
    else parent.addEventListener('abort', this.follow, { once: true });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Starts the clock anew. @param reason what the signal aborts with when it runs out */
  within(milliseconds: number, reason: () => Error): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.controller.abort(reason()), milliseconds);
  }

  /** Lets go of the timer and the parent. */
  end(): void {
    clearTimeout(this.timer);
    this.parent.removeEventListener('abort', this.follow);
  }
}

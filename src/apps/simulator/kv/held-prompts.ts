/** What was prefilled under one name. */
interface Batch {
  /** Fingerprints of the KV of its prompts. */
  readonly prompts: Set<number>;
  readonly timer: NodeJS.Timeout;
}

interface Waiting {
  readonly kv: number;
  readonly settle: (found: boolean) => void;
}

/** Prompts kept under the name that a decoder fetches them by, once each; a decoder may come first and wait. */
export class HeldPrompts {
  private readonly batches = new Map<string, Batch>();
  private readonly waiting = new Map<string, Set<Waiting>>();

  /**
   * @param duration milliseconds that a prompt is kept for a decoder
   * @param onExpired told of each name that nobody fetched
   */
  constructor(
    private readonly duration: number,
    private readonly onExpired: (requestId: string) => void,
  ) {}

  hold(requestId: string, kv: number): void {
    const batch = this.batches.get(requestId) ?? this.open(requestId);
    batch.prompts.add(kv);
    const waiting = this.waiting.get(requestId);
    this.waiting.delete(requestId);
    for (const { kv, settle } of waiting ?? []) settle(this.take(requestId, kv) === true);
  }

  /**
   * Takes a prompt, or waits until something is held under its name.
   *
   * @param signal ends the waiting
   * @returns false when another prompt is held under that name
   * @throws the signal's reason
   */
  fetch(requestId: string, kv: number, signal: AbortSignal): Promise<boolean> {
    const taken = this.take(requestId, kv);
    if (taken !== undefined) return Promise.resolve(taken);
    return new Promise((resolve, reject) => {
      const all = this.waiting.get(requestId) ?? new Set();
      this.waiting.set(requestId, all);
      const leave = (): void => {
        all.delete(one);
        if (all.size === 0 && this.waiting.get(requestId) === all) this.waiting.delete(requestId);
        reject(signal.reason as Error);
      };
      const settle = (found: boolean): void => {
        signal.removeEventListener('abort', leave);
        resolve(found);
      };
      const one = { kv, settle };
      all.add(one);
      signal.addEventListener('abort', leave, { once: true });
      if (signal.aborted) leave();
    });
  }

  close(): void {
    for (const { timer } of this.batches.values()) clearTimeout(timer);
    this.batches.clear();
  }

  private open(requestId: string): Batch {
    const timer = setTimeout(() => {
      this.batches.delete(requestId);
      this.onExpired(requestId);
    }, this.duration);
    timer.unref();
    const batch = { prompts: new Set<number>(), timer };
    this.batches.set(requestId, batch);
    return batch;
  }

  /** @returns undefined when nothing is held under that name */
  private take(requestId: string, kv: number): boolean | undefined {
    const batch = this.batches.get(requestId);
    const found = batch?.prompts.delete(kv);
    if (batch?.prompts.size === 0) {
      clearTimeout(batch.timer);
      this.batches.delete(requestId);
    }
    return found;
  }
}

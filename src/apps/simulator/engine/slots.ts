import { AbortedError } from './engine-error.js';

/** Lets so many requests run at a time; the others wait in order of arrival. */
export class Slots {
  private readonly queue = new Set<() => void>();
  private taken = 0;

  constructor(private readonly count: number) {}

  get running(): number {
    return this.taken;
  }

  get waiting(): number {
    return this.queue.size;
  }

  /** @returns when the request may run; @throws AbortedError when the signal comes first */
  async acquire(signal: AbortSignal): Promise<void> {
    if (this.taken < this.count) {
      this.taken++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.queue.delete(enter);
        reject(new AbortedError());
      };
      const enter = (): void => {
        signal.removeEventListener('abort', leave);
        this.queue.delete(enter);
        resolve();
      };
      this.queue.add(enter);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  /** Hands the place to the next in the queue. */
  release(): void {
    const [next] = this.queue;
    if (next) next();
    else this.taken--;
  }
}

/** A sequence that generates a token a step. */
export interface Sequence {
  /** @returns whether more tokens follow */
  step(): boolean;
}

/** Tokens that one turn of the event loop gives a sequence when steps take no time. */
const TOKENS_PER_TURN = 16;

/** Steps all running sequences together, as an engine does: one timer for any number of streams. */
export class DecodeLoop {
  private readonly running = new Set<Sequence>();
  private timer: NodeJS.Timeout | NodeJS.Immediate | undefined;

  /** @param interval milliseconds between steps */
  constructor(private readonly interval: number) {}

  add(sequence: Sequence): void {
    this.running.add(sequence);
    this.schedule();
  }

  delete(sequence: Sequence): void {
    this.running.delete(sequence);
  }

  close(): void {
    this.running.clear();
    clearTimeout(this.timer as NodeJS.Timeout);
    clearImmediate(this.timer as NodeJS.Immediate);
  }

  private schedule(): void {
    if (this.timer !== undefined || this.running.size === 0) return;
    const step = (): void => {
      this.step();
    };
    this.timer = this.interval > 0 ? setTimeout(step, this.interval) : setImmediate(step);
  }

  private step(): void {
    this.timer = undefined;
    const tokens = this.interval > 0 ? 1 : TOKENS_PER_TURN;
    for (const sequence of this.running) {
      for (let count = 0; count < tokens; count++) {
        if (sequence.step()) continue;
        this.running.delete(sequence);
        break;
      }
    }
    this.schedule();
  }
}

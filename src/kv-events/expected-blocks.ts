/** Blocks of a worker are expected so long; then its events have told of them, or it computed none. */
const PATIENCE_MS = 2000;
const MAX_BLOCKS = 1 << 16;

/** Blocks that a worker will hold soon: of prompts that it was sent a moment ago. */
export class ExpectedBlocks {
  /** When each is expected no more; in the order of these times. */
  private readonly until = new Map<number, number>();

  /** @param patience milliseconds */
  constructor(private readonly patience = PATIENCE_MS) {}

  has(hash: number, now: number): boolean {
    return (this.until.get(hash) ?? -Infinity) > now;
  }

  add(chain: Float64Array, from: number, now: number): void {
    this.tidy(now);
    for (let i = from; i < chain.length && this.until.size < MAX_BLOCKS; i++) {
      this.until.delete(chain[i]!);
      this.until.set(chain[i]!, now + this.patience);
    }
  }

  tidy(now: number): void {
    for (const [hash, until] of this.until) {
      if (until > now) break;
      this.until.delete(hash);
    }
  }
}

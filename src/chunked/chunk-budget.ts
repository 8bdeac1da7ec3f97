import type { ChunkLimits } from './chunk-bodies.js';

/** Deals out the tokens of an answer. */
export class ChunkBudget {
  private asked = 0;
  private limits: ChunkLimits = { most: undefined, least: undefined };

  /**
   * @param size of a chunk
   * @param left tokens that the answer may have; Infinity where nobody says
   * @param missing tokens that it must have, where the client says
   */
  constructor(
    private size: number,
    private left: number,
    private missing: number | undefined,
  ) {}

  /** Nothing is left after what was asked for. */
  get isLast(): boolean {
    return this.asked >= this.left;
  }

  /** What the running request asks for. */
  get current(): ChunkLimits {
    return this.limits;
  }

  /** @returns what the next request asks for */
  next(): ChunkLimits {
    const { missing } = this;
    this.asked = Math.min(this.size, this.left);
    this.limits = {
      most: Number.isFinite(this.asked) ? this.asked : undefined,
      least: missing === undefined ? undefined : Math.min(missing, this.asked),
    };
    return this.limits;
  }

  /** @param tokens that the engine says it gave; undefined: those that it was asked for */
  spend(tokens: number | undefined): void {
    const spent = tokens !== undefined && tokens > 0 ? Math.min(tokens, this.asked) : this.asked;
    this.left -= spent;
    if (this.missing !== undefined) this.missing = Math.max(0, this.missing - spent);
  }

  /** The next request asks for all that is left. */
  takeRest(): void {
    this.size = Infinity;
  }
}

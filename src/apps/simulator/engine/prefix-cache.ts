import type { Prompt } from './prompt.js';

/** Blocks of finished prompts, the least recently used going first. */
export class PrefixCache {
  private readonly blocks = new Set<number>();

  constructor(
    private readonly blockSize: number,
    private readonly capacity: number,
  ) {}

  /**
   * Looks a prompt up and keeps its blocks.
   *
   * @returns the tokens at its beginning that were cached: whole blocks, and never all of the
   *   prompt, since the last token must be computed to get an answer
   */
  read(prompt: Prompt): number {
    const cached = this.peek(prompt);
    this.keep(prompt.blocks);
    return cached;
  }

  keep(blocks: readonly number[]): void {
    for (const block of blocks.slice(-this.capacity)) {
      this.blocks.delete(block);
      this.blocks.add(block);
    }
    for (const oldest of this.blocks) {
      if (this.blocks.size <= this.capacity) break;
      this.blocks.delete(oldest);
    }
  }

  /** The same without keeping anything. */
  peek(prompt: Prompt): number {
    const full = this.count(prompt.blocks) * this.blockSize;
    return full < prompt.tokens ? full : full - this.blockSize;
  }

  /** @returns how many of these are cached, up to the first that is not */
  count(blocks: readonly number[]): number {
    const missing = blocks.findIndex((block) => !this.blocks.has(block));
    return missing < 0 ? blocks.length : missing;
  }
}

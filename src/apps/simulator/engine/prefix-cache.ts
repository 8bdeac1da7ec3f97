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
    for (const block of prompt.blocks.slice(-this.capacity)) {
      this.blocks.delete(block);
      this.blocks.add(block);
    }
    for (const oldest of this.blocks) {
      if (this.blocks.size <= this.capacity) break;
      this.blocks.delete(oldest);
    }
    return cached;
  }

  /** The same without keeping anything. */
  peek(prompt: Prompt): number {
    let cached = 0;
    while (cached < prompt.blocks.length && this.blocks.has(prompt.blocks[cached]!)) cached++;
    const full = cached * this.blockSize;
    return full < prompt.tokens ? full : full - this.blockSize;
  }
}

import type { Prompt } from './prompt.js';

/** Is told what comes into a prefix cache and what leaves it. */
export interface CacheListener {
  /** Blocks of a prompt that were not cached, from one index up to, but not including, another. */
  stored(prompt: Prompt, from: number, to: number): void;
  removed(block: number): void;
  cleared(): void;
}

/** Blocks of finished prompts, the least recently used going first. */
export class PrefixCache {
  private readonly blocks = new Set<number>();

  constructor(
    private readonly blockSize: number,
    private readonly capacity: number,
    private readonly listener?: CacheListener,
  ) {}

  /**
   * Looks a prompt up and keeps its blocks.
   *
   * @returns the tokens at its beginning that were cached: whole blocks, and never all of the
   *   prompt, since the last token must be computed to get an answer
   */
  read(prompt: Prompt): number {
    const cached = this.peek(prompt);
    this.keep(prompt);
    return cached;
  }

  /** @param count how many of its blocks, from its beginning */
  keep(prompt: Prompt, count = prompt.blocks.length): void {
    const first = Math.max(0, count - this.capacity);
    const isNew: boolean[] = [];
    for (let i = first; i < count; i++) {
      const block = prompt.blocks[i]!;
      isNew[i] = !this.blocks.delete(block);
      this.blocks.add(block);
    }
    for (const oldest of this.blocks) {
      if (this.blocks.size <= this.capacity) break;
      this.blocks.delete(oldest);
      this.listener?.removed(oldest);
    }
    for (let from = first; from < count; from++) {
      if (!isNew[from]) continue;
      let to = from + 1;
      while (isNew[to]) to++;
      this.listener?.stored(prompt, from, to);
      from = to;
    }
  }

  /** Forgets all. */
  clear(): void {
    this.blocks.clear();
    this.listener?.cleared();
  }

  /** The same as {@link read} without keeping anything. */
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

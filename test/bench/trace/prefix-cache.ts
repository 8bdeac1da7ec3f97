const { imul } = Math;

/** As engines have it: 16 tokens of four characters. */
export const BLOCK_TOKENS = 16;
const BLOCK_CHARACTERS = BLOCK_TOKENS * 4;

/** A name for each whole block of a text that stands for it and all before it. */
export function blocksOf(text: string): number[] {
  const blocks: number[] = [];
  let low = 0x9e3779b1;
  let high = 0x41c6ce57;
  const whole = text.length - (text.length % BLOCK_CHARACTERS);
  for (let i = 0; i < whole; i++) {
    const unit = text.charCodeAt(i);
    low = imul(low ^ unit, 0x85ebca6b);
    low ^= low >>> 15;
    high = imul(high ^ unit, 0x5f356495);
    high ^= high >>> 13;
    if ((i + 1) % BLOCK_CHARACTERS === 0) blocks.push((high & 0x1f_ffff) * 2 ** 32 + (low >>> 0));
  }
  return blocks;
}

/** The blocks that an engine keeps: those used longest ago go first. */
export class PrefixCache {
  private readonly blocks = new Set<number>();

  /** @param capacity blocks */
  constructor(private readonly capacity: number) {}

  /** @returns how many blocks from the first one on are there */
  known(blocks: readonly number[]): number {
    let count = 0;
    while (count < blocks.length && this.blocks.has(blocks[count]!)) count++;
    return count;
  }

  /** Notes that they were used now; of one text the last ones go first. */
  use(blocks: readonly number[]): void {
    for (let i = blocks.length - 1; i >= 0; i--) {
      this.blocks.delete(blocks[i]!);
      this.blocks.add(blocks[i]!);
    }
    for (const oldest of this.blocks) {
      if (this.blocks.size <= this.capacity) break;
      this.blocks.delete(oldest);
    }
  }
}

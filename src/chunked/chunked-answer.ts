import type { HeldBytes } from '../openai/held-bytes.js';
import type { ChunkBodies } from './chunk-bodies.js';
import type { ChunkBudget } from './chunk-budget.js';
import type { Stitcher } from './stitcher.js';
import type { UsageSum } from './usage-sum.js';

/** The parts of one answer that comes in chunks. */
export interface ChunkedAnswer {
  readonly stream: boolean;
  readonly bodies: ChunkBodies;
  readonly budget: ChunkBudget;
  readonly stitcher: Stitcher;
  readonly usage: UsageSum;
  /** The text of all chunks so far, as it stands between the quotes of JSON. */
  readonly text: HeldBytes;
  /**
   * @param length of a body in bytes
   * @returns the head of a request after the first one
   */
  head(length: number): string;
  readonly observer: ChunkObserver;
}

/** Is told how an answer comes about. */
export interface ChunkObserver {
  /** A request goes out. @param tokens that it may give at most; undefined: nobody says */
  onChunk(tokens: number | undefined): void;
  /** @param length of the text so far, in bytes @returns whether there is memory for more of it */
  onText(length: number): boolean;
  /** The client has nothing of the answer, and gets another one that comes in one piece. */
  onUndivided(): void;
  /** No further request goes out. Called once. @param tokens of the answer, where the engine says */
  onOver(tokens: number | undefined): void;
}

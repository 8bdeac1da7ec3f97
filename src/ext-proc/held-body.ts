import type { BodySlices } from '../openai/json-splice.js';
import type { BufferBudget } from '../proxy/buffer-budget.js';

const NOTHING: BodySlices = [];

/** The body of one request until it is passed on, counted in the memory that those of all requests share. */
export class HeldBody {
  private pieces: Buffer[] | undefined;
  private counted = 0;

  constructor(private readonly budget: BufferBudget) {}

  /** One after another. */
  get slices(): BodySlices {
    return this.pieces ?? NOTHING;
  }

  /** @throws ProxyError where there is no room for it */
  add(piece: Buffer): void {
    this.count(piece.length);
    (this.pieces ??= []).push(piece);
  }

  /** So many bytes are held beside it. @throws ProxyError where there is no room for them */
  count(bytes: number): void {
    this.budget.take(bytes, this.counted);
    this.counted += bytes;
  }

  /** @returns all of it, in one piece from now on: it may wait for long; undefined where it is empty */
  whole(): Buffer | undefined {
    if (this.pieces && this.pieces.length > 1) this.pieces = [Buffer.concat(this.pieces)];
    return this.pieces?.[0];
  }

  /** It is passed on, or not wanted any more. Does nothing the second time. */
  free(): void {
    this.pieces = undefined;
    if (this.counted === 0) return;
    this.budget.give(this.counted);
    this.counted = 0;
  }
}

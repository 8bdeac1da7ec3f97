import type { BodySlices } from '../openai/json-splice.js';
import { BodyMemory } from '../proxy/body-memory.js';
import { giveBackBody, takeBody } from '../proxy/body-pool.js';
import type { BufferBudget } from '../proxy/buffer-budget.js';

const NOTHING: BodySlices = [];
/** Smaller bodies are no burden to the collector. */
const WORTH_GIVING_BACK = 64 * 1024;

/**
 * The body of one request until it is passed on, counted in the memory that those of all requests share.
 *
 * Memory is given back as soon as nobody needs it (ADR 12): the collector would look for it by marking everything.
 */
export class HeldBody {
  private pieces: Buffer[] | undefined;
  private counted = 0;
  private memory: BodyMemory | undefined;

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
    if (this.pieces && this.pieces.length > 1) this.pieces = [joined(this.pieces)];
    const body = this.pieces?.[0];
    if (body && body.length >= WORTH_GIVING_BACK) this.memory ??= new BodyMemory(body);
    return body;
  }

  /** Keeps the memory of the whole body while the kernel takes bytes of it. @returns lets go; undefined where there is no need */
  hold(): (() => void) | undefined {
    return this.memory?.hold();
  }

  /** Somebody may read the body later than it is freed: its memory is the collector's. */
  keepMemory(): void {
    this.memory = undefined;
  }

  /** It is passed on, or not wanted any more. Does nothing the second time. */
  free(): void {
    this.pieces = undefined;
    this.memory?.release();
    this.memory = undefined;
    if (this.counted === 0) return;
    this.budget.give(this.counted);
    this.counted = 0;
  }
}

/** @param pieces to which nobody else refers */
function joined(pieces: readonly Buffer[]): Buffer {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const body = takeBody(length);
  let at = 0;
  for (const piece of pieces) {
    at += piece.copy(body, at);
    giveBackBody(piece);
  }
  return body;
}

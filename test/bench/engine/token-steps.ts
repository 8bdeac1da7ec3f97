import type { Socket } from 'node:net';
import { BLOCK_TOKENS, STREAM_END, TOKEN_BLOCK, TOKEN_CHUNK } from './answers.js';

interface Stream {
  socket: Socket;
  left: number;
}

/**
 * Writes the tokens of all open streams. Flat out one step follows the other, and each writes a block
 * of tokens to every stream that takes it; at a rate each token is a write of its own, and the streams
 * are spread evenly over the interval, one group a millisecond.
 */
export class TokenSteps {
  written = 0;
  private flat: Stream[] = [];
  private groups: Stream[][] = [];
  private started = 0;
  private ticking = false;
  private nextTick = 0;

  /** Counts the streams that still have tokens to come. */
  get open(): number {
    return this.flat.length + this.groups.reduce((sum, group) => sum + group.length, 0);
  }

  /** Adds a stream that has `left` tokens to come at `rate` a second (0: flat out). */
  add(socket: Socket, left: number, rate: number): void {
    if (rate === 0) {
      this.flat.push({ socket, left });
      if (this.flat.length === 1) setImmediate(() => this.stepFlat());
      return;
    }
    const slots = Math.max(1, Math.round(1000 / rate));
    while (this.groups.length < slots) this.groups.push([]);
    this.groups[this.started++ % slots]?.push({ socket, left });
    if (!this.ticking) this.startTicking();
  }

  /** Forgets all streams. */
  clear(): void {
    this.flat = [];
    this.groups = [];
    this.started = 0;
  }

  private stepFlat(): void {
    this.flat = this.write(this.flat, BLOCK_TOKENS);
    if (this.flat.length > 0) setImmediate(() => this.stepFlat());
  }

  private startTicking(): void {
    this.ticking = true;
    this.nextTick = Math.floor(performance.now());
    this.tick();
  }

  /**
   * Runs every group whose millisecond has come, then sleeps for the next. An engine that is late by
   * more than a round drops the lost time: catching up on all of it would keep it from its sockets.
   */
  private tick(): void {
    const rounds = Math.max(1, this.groups.length);
    this.nextTick = Math.max(this.nextTick, Math.floor(performance.now()) - rounds + 1);
    const until = performance.now();
    while (this.nextTick <= until) {
      const slot = this.nextTick++ % rounds;
      const group = this.groups[slot];
      if (group) this.groups[slot] = this.write(group, 1);
    }
    if (this.open === 0) this.ticking = false;
    else setTimeout(() => this.tick(), 1);
  }

  /** Writes up to `most` tokens to each stream; returns those that go on. */
  private write(streams: Stream[], most: number): Stream[] {
    let ended = false;
    for (const stream of streams) {
      if (stream.socket.destroyed) {
        stream.left = 0;
        ended = true;
      } else if (!stream.socket.writableNeedDrain) {
        const tokens = Math.min(most, stream.left);
        stream.socket.write(TOKEN_BLOCK.subarray(0, tokens * TOKEN_CHUNK.length));
        this.written += tokens;
        stream.left -= tokens;
        if (stream.left === 0) {
          stream.socket.write(STREAM_END);
          ended = true;
        }
      }
    }
    return ended ? streams.filter((stream) => stream.left > 0) : streams;
  }
}

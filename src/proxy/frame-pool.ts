/** A full read from an engine, and the framing around it. */
const FRAME_BYTES = 64 * 1024 + 64;
/** Smaller pieces come out of Node's own pool, or are soon collected. */
const POOLED_ABOVE = 16 * 1024;
/** Frames that wait to be used again: a mebibyte. */
const MOST_WAITING = 16;

const waiting: ArrayBufferLike[] = [];

/**
 * Room for one write to a client.
 *
 * Large frames are used again: each new one lies outside V8's heap, where as much as 64 MiB of them pile up
 * before anything is collected.
 *
 * @returns bytes of undefined content, for {@link releaseFrame} as soon as nobody refers to them
 */
export function takeFrame(size: number): Buffer {
  if (!isPooled(size)) return Buffer.allocUnsafe(size);
  return Buffer.from(waiting.pop() ?? Buffer.allocUnsafeSlow(FRAME_BYTES).buffer, 0, size);
}

/** @param frame from {@link takeFrame}, to which nobody refers any more */
export function releaseFrame(frame: Buffer): void {
  if (waiting.length < MOST_WAITING && isPooled(frame.length)) waiting.push(frame.buffer);
}

/** Whether frames of this many bytes are used again. */
export function isPooled(size: number): boolean {
  return size > POOLED_ABOVE && size <= FRAME_BYTES;
}

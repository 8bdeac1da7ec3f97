import { freeMemory } from './free-memory.js';

/** Smaller bodies come out of the system's own memory as quickly. */
const SMALLEST = 64 * 1024;
/** Memory that waits to be used again, in bytes … */
const MOST_KEPT = 32 * 1024 * 1024;
/** … and for how long at least, in ms; twice that at most. */
const KEPT_FOR = 10_000;

/** All that {@link takeBody} has allocated. */
const ours = new WeakSet<ArrayBufferLike>();
/** What waits, by its size. */
const waiting = new Map<number, ArrayBuffer[]>();
let kept = 0;
let inUse = false;
let sweeper: NodeJS.Timeout | undefined;

/**
 * Memory for a request body.
 *
 * Memory fresh from the kernel is handed out page by page, each filled with zeros first: for a long prompt that takes
 * longer than everything else that is done with it (docs/performance.md).
 *
 * @param size in bytes
 * @returns so many bytes of undefined content, for {@link giveBackBody}
 */
export function takeBody(size: number): Buffer {
  if (size < SMALLEST) return Buffer.allocUnsafeSlow(size);
  const room = size > MOST_KEPT ? size : roomFor(size);
  const memory = waiting.get(room)?.pop();
  if (!memory) return Buffer.from(newMemory(room), 0, size);
  kept -= room;
  inUse = true;
  return Buffer.from(memory, 0, size);
}

/** @param body to which nobody refers any more, native code neither; of whatever origin */
export function giveBackBody(body: Buffer): void {
  const { buffer } = body;
  if (!isOurs(buffer)) return freeMemory(body);
  const room = buffer.byteLength;
  // All of its memory: the body is mostly a bit shorter.
  if (room > MOST_KEPT) return void buffer.transfer(0);
  makeRoom(room);
  let list = waiting.get(room);
  if (!list) waiting.set(room, (list = []));
  list.push(buffer);
  kept += room;
  inUse = true;
  sweeper ??= setInterval(sweep, KEPT_FOR).unref();
}

function newMemory(size: number): ArrayBuffer {
  const { buffer } = Buffer.allocUnsafeSlow(size);
  ours.add(buffer);
  return buffer;
}

/** Memory from elsewhere may be shared: small buffers of Node have theirs together. */
function isOurs(memory: ArrayBufferLike): memory is ArrayBuffer {
  return ours.has(memory);
}

/** Four sizes between two powers of two, so that prompts of about the same length share their memory. */
function roomFor(size: number): number {
  const step = 2 ** Math.floor(Math.log2(size)) / 4;
  return Math.ceil(size / step) * step;
}

/** The prompt of the moment counts more than those before it. */
function makeRoom(size: number): void {
  for (const [room, list] of waiting) {
    while (kept + size > MOST_KEPT && list.length > 0) {
      list.pop()!.transfer(0);
      kept -= room;
    }
  }
}

/** Frees everything once nothing was taken or given back for a while. */
function sweep(): void {
  if (inUse) {
    inUse = false;
    return;
  }
  clearInterval(sweeper);
  sweeper = undefined;
  for (const list of waiting.values()) for (const memory of list) memory.transfer(0);
  waiting.clear();
  kept = 0;
}

/** A frame of ZMTP 3: https://rfc.zeromq.org/spec/23/ */
export interface Frame {
  readonly isCommand: boolean;
  /** The message goes on with the next frame. */
  readonly hasMore: boolean;
  /** Its own memory: it stays as it is. */
  readonly body: Buffer;
}

/** The peer does not speak ZMTP as it must; the connection can only be closed. */
export class ZmtpError extends Error {
  override readonly name = 'ZmtpError';
}

const MORE = 1;
const LONG = 2;
const COMMAND = 4;
const LONGEST_SHORT = 255;

/** @returns the bytes of a message of these parts */
export function encodeMessage(parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part, index) => {
      const flags = index < parts.length - 1 ? MORE : 0;
      return [frameHead(part.length, flags), part];
    }),
  );
}

/** @returns the bytes of a command's frame */
export function encodeCommand(body: Uint8Array): Buffer {
  return Buffer.concat([frameHead(body.length, COMMAND), body]);
}

function frameHead(size: number, flags: number): Buffer {
  if (size <= LONGEST_SHORT) return Buffer.of(flags, size);
  const head = Buffer.alloc(9);
  head[0] = flags | LONG;
  head.writeBigUInt64BE(BigInt(size), 1);
  return head;
}

/** Cuts a stream of bytes into frames. It holds no more than one frame that is not complete. */
export class FrameReader {
  private store = Buffer.alloc(0);
  private held = 0;

  /** @param limit bytes of the longest frame that is taken */
  constructor(private readonly limit: number) {}

  /**
   * @param chunk is not changed, and must not change afterwards: frames may lie in it
   * @param taken is called with each frame that is complete
   * @throws ZmtpError for a frame that is longer than the limit or has reserved flags
   */
  read(chunk: Buffer, taken: (frame: Frame) => void): void {
    const isStored = this.held > 0;
    if (isStored) this.hold(chunk);
    const bytes = isStored ? this.store.subarray(0, this.held) : chunk;
    let at = 0;
    for (;;) {
      const start = this.bodyStart(bytes, at);
      if (start < 0) break;
      const end = start + this.bodySize(bytes, at);
      if (end > bytes.length) break;
      const flags = bytes[at]!;
      const body = bytes.subarray(start, end);
      at = end;
      taken({
        isCommand: (flags & COMMAND) !== 0,
        hasMore: (flags & MORE) !== 0,
        body: isStored ? Buffer.from(body) : body,
      });
    }
    if (!isStored) this.hold(bytes.subarray(at));
    else if (at > 0) {
      this.store.copy(this.store, 0, at, this.held);
      this.held -= at;
    }
    if (this.held === 0) this.store = Buffer.alloc(0);
  }

  /** @returns where the body starts; -1 while the head is not complete */
  private bodyStart(bytes: Buffer, at: number): number {
    if (bytes.length - at < 2) return -1;
    const flags = bytes[at]!;
    const isSplitCommand = (flags & (COMMAND | MORE)) === (COMMAND | MORE);
    if (flags > 7 || isSplitCommand) throw new ZmtpError(`a frame of flags ${flags}`);
    const start = at + ((flags & LONG) === 0 ? 2 : 9);
    return start <= bytes.length ? start : -1;
  }

  private bodySize(bytes: Buffer, at: number): number {
    const isLong = (bytes[at]! & LONG) !== 0;
    const size = isLong ? bytes.readBigUInt64BE(at + 1) : BigInt(bytes[at + 1]!);
    if (size > this.limit) throw new ZmtpError(`a frame of ${size} bytes, more than ${this.limit}`);
    return Number(size);
  }

  private hold(bytes: Buffer): void {
    const needed = this.held + bytes.length;
    if (needed > this.store.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.store.length));
      this.store.copy(larger, 0, 0, this.held);
      this.store = larger;
    }
    bytes.copy(this.store, this.held);
    this.held = needed;
  }
}

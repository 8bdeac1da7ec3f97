const CR = 13;
const LF = 10;

/** Where the walker stands inside a chunked body. */
type State = 'size' | 'data' | 'data-end' | 'trailer';

/**
 * Walks a chunked message body (RFC 9112, section 7.1) piece by piece to find its data and its end.
 * It trusts the peer's framing: a bench must not spend time on checks.
 */
export class ChunkWalker {
  private state: State = 'size';
  private size = 0;
  private sizeDone = false;
  private lineLength = 0;

  /**
   * Walks `buffer` from `from`. `onData` gets the bounds of each run of chunk data.
   * Returns the index after the body's last byte, or -1 when the body goes on.
   */
  walk(buffer: Buffer, from: number, onData?: (start: number, end: number) => void): number {
    let at = from;
    while (at < buffer.length) {
      if (this.state === 'data') {
        const run = Math.min(this.size, buffer.length - at);
        onData?.(at, at + run);
        at += run;
        this.size -= run;
        if (this.size === 0) this.state = 'data-end';
        continue;
      }
      const byte = buffer[at++] as number;
      if (this.state === 'size') this.readSizeByte(byte);
      else if (this.state === 'data-end') {
        if (byte === LF) this.startSize();
      } else if (byte === LF) {
        if (this.lineLength === 0) return this.finish(at);
        this.lineLength = 0;
      } else if (byte !== CR) this.lineLength++;
    }
    return -1;
  }

  private readSizeByte(byte: number): void {
    if (byte === LF) {
      this.state = this.size === 0 ? 'trailer' : 'data';
      this.lineLength = 0;
      return;
    }
    if (this.sizeDone) return;
    const digit = hexDigit(byte);
    if (digit < 0) this.sizeDone = true;
    else this.size = this.size * 16 + digit;
  }

  private startSize(): void {
    this.state = 'size';
    this.size = 0;
    this.sizeDone = false;
  }

  private finish(at: number): number {
    this.startSize();
    return at;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

const WINDOW = 2048;

/** The bytes of one request body, kept as they came so that nothing is copied for a large one. */
export class RequestBody {
  length = 0;
  private chunks: Buffer[] = [];

  add(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.length += chunk.length;
  }

  clear(): void {
    this.chunks = [];
    this.length = 0;
  }

  /** The whole body in one buffer. */
  whole(): Buffer {
    const [only] = this.chunks;
    return this.chunks.length === 1 && only ? only : Buffer.concat(this.chunks, this.length);
  }

  /**
   * The text in which proxies are expected to put what they edit: all of a short body, else its first
   * and last 2 KiB, and all of it when `marker` stands in neither.
   */
  textWith(marker: string): string {
    if (this.length <= 2 * WINDOW) return this.whole().toString('latin1');
    const ends = this.start() + this.tail();
    return ends.includes(marker) ? ends : this.whole().toString('latin1');
  }

  private start(): string {
    return this.chunks[0]?.toString('latin1', 0, WINDOW) ?? '';
  }

  private tail(): string {
    const last: Buffer[] = [];
    let size = 0;
    for (let i = this.chunks.length - 1; i >= 0 && size < WINDOW; i--) {
      const chunk = this.chunks[i] as Buffer;
      last.unshift(chunk);
      size += chunk.length;
    }
    const joined = Buffer.concat(last, size);
    return joined.toString('latin1', Math.max(0, size - WINDOW));
  }
}

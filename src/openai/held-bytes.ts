const SMALLEST = 1024;

/** Bytes put together from many small pieces, each copied a bounded number of times. */
export class HeldBytes {
  private storage: Buffer | undefined;
  private size = 0;

  get length(): number {
    return this.size;
  }

  /** What was put together; valid until the next call of any other method. */
  get bytes(): Buffer {
    return this.storage?.subarray(0, this.size) ?? Buffer.alloc(0);
  }

  /** @param from where to begin, @param to one past the last byte */
  append(source: Buffer, from = 0, to = source.length): void {
    const needed = this.size + to - from;
    if (this.storage === undefined || this.storage.length < needed) {
      const larger = Buffer.allocUnsafeSlow(Math.max(SMALLEST, needed, 2 * this.size));
      this.storage?.copy(larger, 0, 0, this.size);
      this.storage = larger;
    }
    source.copy(this.storage, this.size, from, to);
    this.size = needed;
  }

  /** Begins anew; the memory stays. */
  clear(): void {
    this.size = 0;
  }
}

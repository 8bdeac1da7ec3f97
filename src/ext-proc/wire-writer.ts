const LEAST = 4096;

/**
 * Writes a protobuf message from its end to its beginning: what is inside of a field is written before the field's
 * length is known, so nothing is measured or copied twice.
 *
 * Fields are therefore written in the reverse of the order in which they are to stand.
 *
 * @example
 * ```ts
 * const end = writer.mark();
 * writer.text(2, value);
 * writer.text(1, key);
 * writer.wrap(1, end); // the two are the message in field 1
 * ```
 */
export class WireWriter {
  private bytes = Buffer.allocUnsafeSlow(LEAST);
  private at = LEAST;

  /** Counts from the end of the message: stays what it is when the buffer grows. */
  mark(): number {
    return this.bytes.length - this.at;
  }

  /** All that was written since `mark` becomes the bytes of a field. @param more bytes that stand behind it */
  wrap(field: number, mark: number, more = 0): void {
    this.varint(this.mark() - mark + more);
    this.varint(field * 8 + 2);
  }

  text(field: number, value: string): void {
    const mark = this.mark();
    this.raw(value);
    this.wrap(field, mark);
  }

  number(field: number, value: number): void {
    this.varint(value);
    this.varint(field * 8);
  }

  /** Left out where it is false, as protobuf has it. */
  boolean(field: number, value: boolean): void {
    if (value) this.number(field, 1);
  }

  double(field: number, value: number): void {
    this.reserve(8);
    this.at -= 8;
    this.bytes.writeDoubleLE(value, this.at);
    this.varint(field * 8 + 1);
  }

  buffer(field: number, value: Uint8Array): void {
    const mark = this.mark();
    this.reserve(value.length);
    this.at -= value.length;
    this.bytes.set(value, this.at);
    this.wrap(field, mark);
  }

  /** @param fields of a message, written before */
  encoded(fields: Buffer): void {
    this.reserve(fields.length);
    this.at -= fields.length;
    fields.copy(this.bytes, this.at);
  }

  /** The field is a message without fields of its own. */
  empty(field: number): void {
    this.wrap(field, this.mark());
  }

  /**
   * @param head bytes that are left free before the message, for whoever frames it
   * @returns a copy of the message; the writer is empty again
   */
  finish(head = 0): Buffer {
    const result = Buffer.allocUnsafe(head + this.mark());
    this.bytes.copy(result, head, this.at);
    this.at = this.bytes.length;
    return result;
  }

  private raw(value: string): void {
    const most = value.length * 3;
    this.reserve(most);
    // Behind what is free, then moved up: its length in bytes is known only then.
    const start = this.at - most;
    const length = this.bytes.write(value, start, most, 'utf8');
    this.bytes.copyWithin(this.at - length, start, start + length);
    this.at -= length;
  }

  private varint(value: number): void {
    this.reserve(10);
    let length = 1;
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++;
    this.at -= length;
    let rest = value;
    for (let i = 0; i < length; i++) {
      this.bytes[this.at + i] = i < length - 1 ? (rest % 128) + 128 : rest;
      rest = Math.floor(rest / 128);
    }
  }

  private reserve(length: number): void {
    if (this.at >= length) return;
    const used = this.mark();
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, used + length + LEAST));
    this.bytes.copy(grown, grown.length - used, this.at);
    this.at = grown.length - used;
    this.bytes = grown;
  }
}

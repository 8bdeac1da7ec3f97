/** A message that cannot be read as protobuf. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/**
 * Walks the fields of a protobuf message where it lies: https://protobuf.dev/programming-guides/encoding/
 *
 * @example
 * ```ts
 * const reader = new WireReader(bytes);
 * while (reader.next()) if (reader.field === 2) name = reader.text();
 * ```
 */
export class WireReader {
  /** Number of the field that {@link next} came to. */
  field = 0;
  private type = 0;
  /** Of the value: a number, or where the bytes of it lie. */
  private value = 0;
  private from = 0;
  private at: number;

  constructor(
    private readonly bytes: Buffer,
    private readonly start = 0,
    private readonly end = bytes.length,
  ) {
    this.at = start;
  }

  /**
   * Goes to the next field.
   *
   * @returns false at the end of the message
   * @throws WireError for bytes that are no message
   */
  next(): boolean {
    if (this.at >= this.end) return false;
    const tag = this.varint();
    this.field = tag >>> 3;
    this.type = tag & 7;
    if (this.field === 0) throw new WireError('field 0');
    if (this.type === 0) this.value = this.varint();
    else if (this.type === 2) this.skip(this.varint());
    else if (this.type === 1) this.skip(8);
    else if (this.type === 5) this.skip(4);
    else throw new WireError(`wire type ${this.type}`);
    return true;
  }

  /** The field as a whole number; 0 where it is something else. Beyond 2^53 it is inexact. */
  number(): number {
    return this.type === 0 ? this.value : 0;
  }

  boolean(): boolean {
    return this.number() !== 0;
  }

  /** The field as a 64-bit float; 0 where it is something else. */
  double(): number {
    return this.type === 1 ? this.bytes.readDoubleLE(this.from) : 0;
  }

  /** The field's bytes: a view, not a copy. */
  slice(): Buffer {
    return this.isBytes ? this.bytes.subarray(this.from, this.from + this.value) : EMPTY;
  }

  text(): string {
    return this.isBytes ? this.bytes.toString('utf8', this.from, this.from + this.value) : '';
  }

  /** The field as a message in this one. */
  message(): WireReader {
    if (!this.isBytes) return new WireReader(EMPTY);
    return new WireReader(this.bytes, this.from, this.from + this.value);
  }

  /** One that begins where this one was when it was made. */
  again(): WireReader {
    return new WireReader(this.bytes, this.start, this.end);
  }

  /** The field has bytes, and at least one of them. */
  get hasBytes(): boolean {
    return this.isBytes && this.value > 0;
  }

  private get isBytes(): boolean {
    return this.type === 2;
  }

  private skip(length: number): void {
    this.from = this.at;
    this.value = length;
    this.at += length;
    if (this.at > this.end) throw new WireError('a field goes beyond the message');
  }

  private varint(): number {
    let result = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      if (this.at >= this.end) throw new WireError('a number goes beyond the message');
      const byte = this.bytes[this.at++]!;
      result += (byte & 0x7f) * scale;
      if (byte < 0x80) return result;
      scale *= 128;
    }
    throw new WireError('a number has more than ten bytes');
  }
}

const EMPTY = Buffer.alloc(0);

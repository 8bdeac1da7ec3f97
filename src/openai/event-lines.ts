const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
/** The letters of `data`, big-endian. */
const DATA = 0x64617461;
const DATA_LENGTH = 4;
/** Of `event:`, the longest name of a field that is looked for. */
const LONGEST_FIELD = 5;
const LONGEST_VALUE = 64;

/** Who is told of the fields of events. */
export interface EventLinesSink {
  /** Part of the value of a field `data`. */
  data(bytes: Buffer, from: number, to: number): void;
  /** Its line is over; the data may go on in the next one. */
  dataEnded(): void;
  /** A field `event`: what follows is of that type. */
  type(name: string): void;
  /** The event is over. */
  ended(): void;
}

const enum Line {
  /** Before the colon. */
  Field,
  Data,
  Type,
  Other,
}

/**
 * Reads server-sent events whose bytes come in pieces, cut anywhere, by
 * https://html.spec.whatwg.org/multipage/server-sent-events.html: lines end by LF, CR LF or CR.
 */
export class EventLines {
  private line = Line.Field;
  /** What came of the name of a field, or of the value of `event`. */
  private text = '';
  /** The last byte was a CR: an LF belongs to it. */
  private afterCr = false;

  constructor(private readonly sink: EventLinesSink) {}

  push(bytes: Buffer): void {
    let at = 0;
    // Few servers send any, and none in between: where there is none in the piece, it is looked for once.
    let cr = bytes.indexOf(CR);
    while (at < bytes.length) {
      if (this.afterCr) {
        this.afterCr = false;
        if (bytes[at] === LF) {
          at++;
          continue;
        }
      }
      if (cr >= 0 && cr < at) cr = bytes.indexOf(CR, at);
      const lf = bytes.indexOf(LF, at);
      let end = cr >= 0 && (lf < 0 || cr < lf) ? cr : lf;
      if (end < 0) end = bytes.length;
      this.part(bytes, at, end);
      if (end === bytes.length) return;
      this.afterCr = bytes[end] === CR;
      this.endLine();
      at = end + 1;
    }
  }

  /** Bytes of one line. */
  private part(bytes: Buffer, from: number, to: number): void {
    let at = from;
    if (this.line === Line.Field) at = this.readField(bytes, from, to);
    if (at >= to) return;
    if (this.line === Line.Data) this.sink.data(bytes, at, to);
    else if (this.line === Line.Type && this.text.length < LONGEST_VALUE) {
      this.text += bytes.toString('latin1', at, to);
    }
  }

  /** @returns where the value begins */
  private readField(bytes: Buffer, from: number, to: number): number {
    const colon = from + DATA_LENGTH;
    if (
      this.text === '' &&
      colon < to &&
      bytes[colon] === COLON &&
      bytes.readUInt32BE(from) === DATA
    ) {
      this.line = Line.Data;
      return colon + 1;
    }
    return this.readName(bytes, from, to);
  }

  /** The same for lines that are cut, and other ones. */
  private readName(bytes: Buffer, from: number, to: number): number {
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!;
      if (byte === COLON) {
        this.line =
          this.text === 'data' ? Line.Data : this.text === 'event' ? Line.Type : Line.Other;
        this.text = '';
        return at + 1;
      }
      this.text += String.fromCharCode(byte);
      if (this.text.length > LONGEST_FIELD) {
        this.line = Line.Other;
        return at;
      }
    }
    return to;
  }

  private endLine(): void {
    const { line, text, sink } = this;
    if (line === Line.Data) sink.dataEnded();
    else if (line === Line.Type) sink.type(text.trim());
    else if (line === Line.Field && text === '') sink.ended();
    this.line = Line.Field;
    this.text = '';
  }
}

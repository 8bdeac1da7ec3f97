const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const BLANK = 0x20;

const MODEL = 'model';
/** Each of the letters of a key as an escape; a longer key is none that is looked for. */
const LONGEST_KEY = 6 * 'response'.length;

/** No name of a model is longer, in bytes; a longer one is none. */
const LONGEST_NAME = 4096;

const enum State {
  /** Before the object. */
  Start,
  /** A key, or the end of the object. */
  Key,
  InKey,
  Colon,
  Value,
  /** In the value that is looked for. */
  InModel,
  /** In another value that is a string. */
  InString,
  /** In a value that is an object or an array. */
  Nested,
  InNestedString,
  /** A comma or the end of the object; what is left of a number or a word too. */
  Next,
  /** Nothing more to look for: the object is over, or there was none. */
  Over,
}

/**
 * Finds the value of the member `model` of a JSON object whose bytes come in pieces, cut anywhere: that of the object
 * itself, and that of an object which is its member {@link wrapper}. Only strings are found, and no other member of the
 * name however deep.
 */
export class ModelMemberScan {
  /** Name of a member that is an object and has a model too. */
  wrapper: string | undefined;
  /** Values that ended in this piece: begin and end in turn, quotes included; the begin of one that began earlier is -1. */
  readonly found: number[] = [];
  /** Where in this piece a value begins that has not ended; -1: in an earlier one, undefined: nowhere. */
  openAt: number | undefined;
  /** A value that began in an earlier piece turned out to be none. */
  spoiled = false;
  private state = State.Start;
  private depth = 0;
  /** Keys of this depth are looked at. */
  private base = 1;
  private escaped = false;
  private readonly key = Buffer.alloc(LONGEST_KEY);
  private keyLength = 0;
  private keyHasEscape = false;
  private name = '';
  private valueLength = 0;

  /** The bytes that come belong to another object. */
  reset(): void {
    this.spoil();
    this.state = State.Start;
    this.base = 1;
    this.wrapper = undefined;
  }

  /** The bytes that come are in another buffer. */
  beginPiece(): void {
    this.found.length = 0;
    this.spoiled = false;
    if (this.openAt !== undefined) this.openAt = -1;
  }

  /** A line ends here, and no string goes on in the next one. */
  endLine(): void {
    const { state } = this;
    if (state === State.InModel) this.spoil();
    const isInString =
      state === State.InKey ||
      state === State.InModel ||
      state === State.InString ||
      state === State.InNestedString;
    if (isInString) this.state = State.Over;
  }

  /** @param from where in the piece to begin @param to one past the last byte */
  scan(bytes: Buffer, from: number, to: number): void {
    let at = from;
    while (at < to && this.state !== State.Over) at = this.step(bytes, at, to);
  }

  /** @returns where to go on */
  private step(bytes: Buffer, at: number, to: number): number {
    switch (this.state) {
      case State.InKey:
        return this.readKey(bytes, at, to);
      case State.InModel:
      case State.InString:
      case State.InNestedString:
        return this.readString(bytes, at, to);
      case State.Nested:
        return this.readNested(bytes, at, to);
      default:
        if (bytes[at]! > BLANK) this.token(bytes[at]!, at);
        return at + 1;
    }
  }

  /** What stands between strings in an object that is looked at. */
  private token(byte: number, at: number): void {
    switch (this.state) {
      case State.Start:
        this.depth = 1;
        this.state = byte === OPEN_BRACE ? State.Key : State.Over;
        return;
      case State.Key:
        this.keyLength = 0;
        this.keyHasEscape = false;
        if (byte === CLOSE_BRACE) this.close();
        else this.state = byte === QUOTE ? State.InKey : State.Over;
        return;
      case State.Colon:
        this.state = byte === COLON ? State.Value : State.Over;
        return;
      case State.Value:
        this.beginValue(byte, at);
        return;
      default:
        if (byte === COMMA) this.state = State.Key;
        else if (byte === CLOSE_BRACE) this.close();
        else if (byte === QUOTE || byte === OPEN_BRACE || byte === OPEN_BRACKET) {
          this.state = State.Over;
        }
    }
  }

  private beginValue(byte: number, at: number): void {
    if (byte === QUOTE) {
      const isModel = this.name === MODEL;
      this.state = isModel ? State.InModel : State.InString;
      if (isModel) this.openAt = at;
      this.valueLength = 0;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      this.depth++;
      const isWrapper = byte === OPEN_BRACE && this.base === 1 && this.name === this.wrapper;
      if (isWrapper) this.base = 2;
      this.state = isWrapper ? State.Key : State.Nested;
    } else this.state = State.Next;
  }

  private close(): void {
    if (this.base === 1) {
      this.state = State.Over;
      return;
    }
    this.base = 1;
    this.depth = 1;
    this.state = State.Next;
  }

  private readKey(bytes: Buffer, from: number, to: number): number {
    const { key } = this;
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!;
      if (this.escaped) this.escaped = false;
      else if (byte === QUOTE) {
        this.name = this.keyName();
        this.state = State.Colon;
        return at + 1;
      } else if (byte === BACKSLASH) this.escaped = this.keyHasEscape = true;
      if (this.keyLength < LONGEST_KEY) key[this.keyLength] = byte;
      this.keyLength++;
    }
    return to;
  }

  /** Its escapes decoded; '' for a key that is none that is looked for. */
  private keyName(): string {
    const { key, keyLength: length, keyHasEscape: hasEscape } = this;
    if (length > LONGEST_KEY) return '';
    // Most keys have another length, and no escape.
    if (!hasEscape && length !== MODEL.length && length !== this.wrapper?.length) return '';
    const text = key.toString('latin1', 0, length);
    if (!hasEscape) return text;
    try {
      return JSON.parse(`"${text}"`) as string;
    } catch {
      return '';
    }
  }

  private readString(bytes: Buffer, from: number, to: number): number {
    let { escaped } = this;
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!;
      if (escaped) escaped = false;
      else if (byte === BACKSLASH) escaped = true;
      else if (byte === QUOTE) {
        this.escaped = false;
        this.endString(from, at + 1);
        return at + 1;
      }
    }
    this.escaped = escaped;
    if (this.state === State.InModel) this.measure(to - from);
    return to;
  }

  private endString(from: number, end: number): void {
    if (this.state === State.InNestedString) {
      this.state = State.Nested;
      return;
    }
    if (this.state === State.InModel) this.measure(end - from);
    if (this.openAt !== undefined) this.found.push(this.openAt, end);
    this.openAt = undefined;
    this.state = State.Next;
  }

  /** @param more bytes of the value: it may become too long to be waited for, and stays as it is then */
  private measure(more: number): void {
    this.valueLength += more;
    if (this.valueLength <= LONGEST_NAME) return;
    const { escaped } = this;
    this.spoil();
    this.escaped = escaped;
    this.state = State.InString;
  }

  private readNested(bytes: Buffer, from: number, to: number): number {
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        this.state = State.InNestedString;
        return at + 1;
      }
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.depth++;
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        if (--this.depth > this.base) continue;
        this.state = State.Next;
        return at + 1;
      }
    }
    return to;
  }

  private spoil(): void {
    if (this.openAt === -1) this.spoiled = true;
    this.openAt = undefined;
    this.escaped = false;
  }
}

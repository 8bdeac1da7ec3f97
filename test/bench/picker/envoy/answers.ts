/** What an answer of a picker is about. */
export const Answer = {
  other: 0,
  requestHeaders: 1,
  requestBodyEnd: 2,
  responseHeaders: 3,
  responseBodyEnd: 4,
  immediate: 5,
} as const;
export type Answer = (typeof Answer)[keyof typeof Answer];

const HEAD = 5;
const FIELD = {
  requestHeaders: 1,
  responseHeaders: 2,
  requestBody: 3,
  responseBody: 4,
  immediate: 7,
};
/** `response`, `body_mutation`, `streamed_response`: where a piece of a body lies in its answer. */
const TO_PIECE = [1, 3, 3];

/** Finds the messages of a call, and what each is: no more is read of them than that. */
export class AnswerReader {
  private head = Buffer.alloc(HEAD);
  private headFilled = 0;
  private body: Buffer | undefined;
  private bodyFilled = 0;
  private readonly told: (answer: Answer, message: Buffer) => void;

  constructor(told: (answer: Answer, message: Buffer) => void) {
    this.told = told;
  }

  push(piece: Buffer): void {
    let at = 0;
    while (at < piece.length) {
      if (this.body) {
        const taken = piece.copy(this.body, this.bodyFilled, at);
        at += taken;
        this.bodyFilled += taken;
        if (this.bodyFilled === this.body.length) this.whole(this.body);
        continue;
      }
      const taken = piece.copy(this.head, this.headFilled, at, at + HEAD - this.headFilled);
      this.headFilled += taken;
      at += taken;
      if (this.headFilled === HEAD) at += this.begin(piece, at);
    }
  }

  /** A message that lies in the piece is read there. @returns how long it is then, else 0 */
  private begin(piece: Buffer, at: number): number {
    this.headFilled = 0;
    const length = this.head.readUInt32BE(1);
    if (piece.length - at >= length) {
      this.told(kindOf(piece, at, at + length), piece.subarray(at, at + length));
      return length;
    }
    this.body = Buffer.allocUnsafe(length);
    this.bodyFilled = 0;
    return 0;
  }

  private whole(message: Buffer): void {
    this.body = undefined;
    this.told(kindOf(message, 0, message.length), message);
  }
}

function kindOf(bytes: Buffer, start: number, end: number): Answer {
  const field = fieldOf(bytes, start, end);
  if (field === FIELD.requestHeaders) return Answer.requestHeaders;
  if (field === FIELD.responseHeaders) return Answer.responseHeaders;
  if (field === FIELD.immediate) return Answer.immediate;
  if (field === FIELD.requestBody && endsBody(bytes, start, end, field))
    return Answer.requestBodyEnd;
  if (field === FIELD.responseBody && endsBody(bytes, start, end, field))
    return Answer.responseBodyEnd;
  return Answer.other;
}

/** Fields of a message, wherever they stand in it. */
const place = { field: 0, from: 0, to: 0, number: 0, next: 0 };

/** Reads the field at `at` into {@link place}. */
function readField(bytes: Buffer, at: number): void {
  const tag = varint(bytes, at);
  place.field = tag >>> 3;
  place.number = 0;
  const value = varint(bytes, place.next);
  if ((tag & 7) === 0) place.number = value;
  else {
    place.from = place.next;
    place.to = place.next += value;
  }
}

function varint(bytes: Buffer, start: number): number {
  let at = start;
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[at++]!;
    value += (byte & 0x7f) * scale;
    if (byte < 128) break;
  }
  place.next = at;
  return value;
}

/** The one of the answers' fields that is there; 0 for none. */
function fieldOf(bytes: Buffer, start: number, end: number): number {
  for (let at = start; at < end; at = place.next) {
    readField(bytes, at);
    if (place.field <= FIELD.immediate) return place.field;
  }
  return 0;
}

function endsBody(bytes: Buffer, start: number, end: number, answer: number): boolean {
  let [from, to] = [start, end];
  for (const wanted of [answer, ...TO_PIECE]) {
    let found = false;
    for (let at = from; at < to && !found; at = place.next) {
      readField(bytes, at);
      found = place.field === wanted;
    }
    if (!found) return false;
    from = place.from;
    to = place.to;
  }
  for (let at = from; at < to; at = place.next) {
    readField(bytes, at);
    if (place.field === 2) return place.number === 1;
  }
  return false;
}

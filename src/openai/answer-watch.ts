import { findUsage, readUsage, type TokenUsage } from './answer-usage.js';
import { countsAsToken, endOfEvent } from './event-scan.js';
import { HeldBytes } from './held-bytes.js';
import { mediaTypeOf } from './media-type.js';
import type { PayloadTransform } from './payload-transform.js';

/** Of an answer that comes in pieces, the end in which its usage is looked for. */
const TAIL = 16 * 1024;
/** A longer event is not looked into. */
const MAX_EVENT = 1024 * 1024;
const NOTHING = Buffer.alloc(0);
const CLOSE_BRACE = 0x7d;
const LF = 0x0a;

/** Who wants to know the time between tokens. */
export interface GapSink {
  /** @param seconds between two events @param times how many of them */
  observe(seconds: number, times: number): void;
}

/** Looks at an answer that passes, and changes no byte: what does it say of its tokens, and how fast do they come? */
export abstract class AnswerWatch implements PayloadTransform, TokenUsage {
  readonly keepsLength = true;
  prompt: number | undefined;
  completion: number | undefined;
  cached: number | undefined;
  /** It was complete before its first byte, and another answer may take its place. */
  refused: boolean | undefined = undefined;

  /** @param whole the head waits for the first byte behind it */
  constructor(public whole: boolean) {}

  push(bytes: Buffer): Buffer {
    this.look(bytes);
    if (!this.whole) return bytes;
    this.whole = false;
    // A copy: what is given out with a head is not to be the bytes that came in.
    return Buffer.from(bytes);
  }

  abstract end(): Buffer;

  /** Its tokens come one after another. */
  abstract readonly isStream: boolean;

  /** @param bytes the next piece, valid during the call only */
  protected abstract look(bytes: Buffer): void;
}

/**
 * @param contentType of the answer
 * @param whole its head waits for the first byte behind it
 * @param gaps is told the time between events
 * @returns undefined for answers that say nothing of tokens
 */
export function answerWatch(
  contentType: string,
  whole: boolean,
  gaps: GapSink,
): AnswerWatch | undefined {
  const type = mediaTypeOf(contentType);
  if (type === 'text/event-stream') return new EventWatch(whole, gaps);
  if (type === 'application/json') return new JsonWatch(whole);
  return undefined;
}

/** Counts events as they are complete, and reads the usage of those that have one. */
class EventWatch extends AnswerWatch {
  readonly isStream = true;
  private readonly open = new HeldBytes();
  private skipping = false;
  private last = 0;

  constructor(
    whole: boolean,
    private readonly gaps: GapSink,
  ) {
    super(whole);
    if (whole) this.refused = false;
  }

  protected override look(bytes: Buffer): void {
    const now = performance.now();
    const events = this.scan(bytes);
    if (events === 0) return;
    if (this.last > 0) this.gaps.observe((now - this.last) / events / 1000, events);
    else if (events > 1) this.gaps.observe(0, events - 1);
    this.last = now;
  }

  override end(): Buffer {
    if (this.whole) this.refused = true;
    const { length, bytes } = this.open;
    if (length > 0) readUsage(bytes, 0, length, this);
    return NOTHING;
  }

  /** @returns how many events with a token in them end in these bytes */
  private scan(bytes: Buffer): number {
    const held = this.open.length;
    if (held > 0) this.open.append(bytes);
    const text = held > 0 ? this.open.bytes : bytes;
    // What was searched once is not searched again, but for the two bytes that an end may have begun with.
    const end = endOfEvent(text, Math.max(0, held - 2));
    if (end < 0) {
      if (held === 0) this.hold(text, 0);
      else if (held > MAX_EVENT) this.skip();
      return 0;
    }
    this.open.clear();
    if (!this.skipping) return this.count(text, 0, end);
    this.skipping = false;
    return this.count(text, end, endOfEvent(text, end));
  }

  /** @param from where an event begins @param to its end, -1 where that is not there yet */
  private count(text: Buffer, from: number, to: number): number {
    let events = 0;
    let start = from;
    let usageAt = findUsage(text, start);
    for (let end = to; end >= 0; end = endOfEvent(text, start)) {
      let counts = countsAsToken(text, start);
      if (usageAt >= 0 && usageAt < end) {
        if (readUsage(text, start, end, this)) counts &&= !isWithoutChoices(text, start, end);
        usageAt = findUsage(text, end);
      }
      if (counts) events++;
      start = end;
    }
    if (start < text.length) this.hold(text, start);
    return events;
  }

  private hold(text: Buffer, from: number): void {
    if (this.skipping) return;
    if (text.length - from > MAX_EVENT) this.skip();
    // It may lie in the memory that it is put into: then it moves to the front.
    else this.open.append(text, from);
  }

  private skip(): void {
    this.skipping = true;
    this.open.clear();
  }
}

const NO_CHOICES = Buffer.from('"choices":[]');

/** The last event of a chat or a completion has a usage and no token. */
function isWithoutChoices(text: Buffer, from: number, to: number): boolean {
  const at = text.indexOf(NO_CHOICES, from);
  return at >= 0 && at < to;
}

/** Reads the usage at the end of an answer. */
class JsonWatch extends AnswerWatch {
  readonly isStream = false;
  /** The end of what came so far, where that is in several pieces. */
  private readonly tail = new HeldBytes();

  protected override look(bytes: Buffer): void {
    const { length } = bytes;
    const from = Math.max(0, length - TAIL);
    // Most answers come in one piece.
    const mayBeLast = bytes[length - 1] === CLOSE_BRACE || bytes[length - 1] === LF;
    if (mayBeLast && readUsage(bytes, from, length, this)) return;
    const { tail } = this;
    if (tail.length + length - from > TAIL) {
      const kept = Buffer.from(
        tail.bytes.subarray(Math.max(0, tail.length + length - from - TAIL)),
      );
      tail.clear();
      if (from === 0) tail.append(kept);
    }
    tail.append(bytes, from);
  }

  override end(): Buffer {
    const { length } = this.tail;
    if (length > 0) readUsage(this.tail.bytes, 0, length, this);
    return NOTHING;
  }
}

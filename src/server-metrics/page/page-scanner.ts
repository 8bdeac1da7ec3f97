import { HeldBytes } from '../../openai/held-bytes.js';
import type { SampleLabels } from './sample-labels.js';
import { NO_LABELS, parseLabels } from './sample-labels.js';
import { parseSampleNumber } from './sample-number.js';

const LF = 0x0a;
const TAB = 0x09;
const BLANK = 0x20;
const BRACE = 0x7b;

/** A line longer than this is no sample that anybody wants. */
const MAX_LINE_BYTES = 256 * 1024;

/** Takes the samples of one metric. */
export interface SampleTaker {
  /** Labels are worth reading. */
  readonly readsLabels: boolean;
  /** @param timestamp of the sample; `-Infinity` where it has none */
  take(value: number, timestamp: number, labels: SampleLabels): void;
}

/** A metric to look for. */
interface WantedName {
  readonly name: Buffer;
  readonly takers: readonly SampleTaker[];
  readonly readsLabels: boolean;
}

/** Behind the labels: the value, perhaps a timestamp, perhaps an exemplar. */
const VALUE = /^[ \t]*([^ \t#]+)(?:[ \t]+([^ \t#]+))?[ \t]*(?:#.*)?$/;

/**
 * Finds samples of a few metrics on a page in Prometheus' text format
 * (https://prometheus.io/docs/instrumenting/exposition_formats/), in one pass over its bytes as they come.
 *
 * Lines of others are only looked at for their end: a page of hundreds of lines has five that count. What is no
 * sample is passed over; `malformed` counts the lines of wanted metrics among those.
 */
export class PageScanner {
  /** Lines of wanted metrics that could not be read. */
  malformed = 0;
  private readonly wanted: readonly WantedName[];
  /** A line that came in part. */
  private readonly held = new HeldBytes();
  private tooLong = false;

  /** @param wanted by name of the metric who takes its samples */
  constructor(wanted: ReadonlyMap<string, readonly SampleTaker[]>) {
    this.wanted = Array.from(wanted, ([name, takers]) => ({
      name: Buffer.from(name, 'latin1'),
      takers,
      readsLabels: takers.some(({ readsLabels }) => readsLabels),
    }));
  }

  begin(): void {
    this.malformed = 0;
    this.held.clear();
    this.tooLong = false;
  }

  /** @param bytes valid during the call only @param end one past the last */
  feed(bytes: Buffer, start: number, end: number): void {
    let at = this.held.length > 0 || this.tooLong ? this.finishLine(bytes, start, end) : start;
    while (at < end) {
      const lf = bytes.indexOf(LF, at);
      if (lf < 0 || lf >= end) return this.hold(bytes, at, end);
      this.line(bytes, at, lf);
      at = lf + 1;
    }
  }

  /** The page is complete; its last line needs no end. */
  end(): void {
    const { bytes } = this.held;
    if (bytes.length > 0) this.line(bytes, 0, bytes.length);
    this.held.clear();
  }

  /** @returns where the next line begins */
  private finishLine(bytes: Buffer, start: number, end: number): number {
    const found = bytes.indexOf(LF, start);
    if (found < 0 || found >= end) {
      this.hold(bytes, start, end);
      return end;
    }
    if (!this.tooLong) {
      this.held.append(bytes, start, found);
      const line = this.held.bytes;
      this.line(line, 0, line.length);
    }
    this.held.clear();
    this.tooLong = false;
    return found + 1;
  }

  private hold(bytes: Buffer, start: number, end: number): void {
    if (this.tooLong) return;
    if (this.held.length + end - start > MAX_LINE_BYTES) {
      this.tooLong = true;
      this.held.clear();
      return;
    }
    this.held.append(bytes, start, end);
  }

  private line(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end && isBlank(bytes[at]!)) at++;
    for (let i = 0; i < this.wanted.length; i++) {
      const { name } = this.wanted[i]!;
      const behind = at + name.length;
      // Most lines of a page begin alike: whether the name ends here tells them apart soonest.
      if (behind >= end || !endsName(bytes[behind]!)) continue;
      if (!holds(bytes, at, name)) continue;
      this.sample(this.wanted[i]!, bytes, behind, end);
      return;
    }
  }

  private sample(wanted: WantedName, bytes: Buffer, start: number, end: number): void {
    // Values of labels are UTF-8; all that steers is ASCII.
    const rest = bytes.toString('utf8', start, bytes[end - 1] === 0x0d ? end - 1 : end);
    const open = rest.indexOf('{');
    const labelled = open >= 0 && rest.slice(0, open).trim() === '';
    const close = labelled ? closingBrace(rest, open + 1) : -1;
    const labels =
      labelled && wanted.readsLabels ? parseLabels(rest.slice(open + 1, close)) : NO_LABELS;
    const found =
      labelled && close < 0 ? null : VALUE.exec(labelled ? rest.slice(close + 1) : rest);
    const value = found ? parseSampleNumber(found[1]!) : undefined;
    const timestamp = found?.[2] === undefined ? -Infinity : parseSampleNumber(found[2]);
    if (labels === undefined || value === undefined || timestamp === undefined) {
      this.malformed++;
      return;
    }
    for (const taker of wanted.takers) taker.take(value, timestamp, labels);
  }
}

const isBlank = (byte: number): boolean => byte === BLANK || byte === TAB;

const endsName = (byte: number): boolean => byte === BRACE || isBlank(byte);

/** From behind: names of one engine begin alike. */
function holds(bytes: Buffer, at: number, name: Buffer): boolean {
  for (let i = name.length - 1; i >= 0; i--) if (bytes[at + i] !== name[i]) return false;
  return true;
}

/** @returns where the brace is that ends the labels: none of those within a value; -1 where there is none */
function closingBrace(text: string, from: number): number {
  let quoted = false;
  for (let i = from; i < text.length; i++) {
    const character = text[i];
    if (character === '\\' && quoted) i++;
    else if (character === '"') quoted = !quoted;
    else if (character === '}' && !quoted) return i;
  }
  return -1;
}

import type { ScheduledEndpoint } from '../scheduled-endpoint.js';

/** Tokens of a prompt that a server is meant for, both included; both NaN where the label cannot be read. */
export interface ContextRange {
  readonly min: number;
  readonly max: number;
}

const UNREADABLE: ContextRange = { min: NaN, max: NaN };
const RANGE = /^\s*(\d{1,15})\s*-\s*(\d{1,15})\s*$/;
/** Different values of a label that are remembered. */
const MAX_VALUES = 1024;

/** Reads each value of a label once. */
export class ContextRanges {
  private readonly read = new Map<string, ContextRange>();

  constructor(private readonly label: string) {}

  /** @returns undefined where the endpoint has no such label */
  of({ labels }: ScheduledEndpoint): ContextRange | undefined {
    const text = labels[this.label];
    if (text === undefined) return undefined;
    let range = this.read.get(text);
    if (!range) {
      if (this.read.size >= MAX_VALUES) this.read.clear();
      this.read.set(text, (range = parse(text)));
    }
    return range;
  }
}

function parse(text: string): ContextRange {
  const match = RANGE.exec(text);
  if (!match) return UNREADABLE;
  const [min, max] = [Number(match[1]), Number(match[2])];
  return min <= max ? { min, max } : UNREADABLE;
}

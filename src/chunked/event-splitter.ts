import { HeldBytes } from '../openai/held-bytes.js';

const LF = 0x0a;
const CR = 0x0d;

/** Cuts a stream of server-sent events into events, whatever way its bytes come. */
export class EventSplitter {
  private readonly held = new HeldBytes();
  /** Where the line begins that is not complete yet. */
  private line = 0;

  /** Bytes of an event that is not complete. */
  get pending(): number {
    return this.held.length;
  }

  /** @returns the events that are complete, each with the empty line that ends it */
  push(bytes: Buffer): Buffer[] {
    const events: Buffer[] = [];
    let searched = this.held.length;
    this.held.append(bytes);
    // A copy: the pieces are kept and the memory is used again.
    const all = Buffer.from(this.held.bytes);
    let start = 0;
    for (;;) {
      const end = all.indexOf(LF, searched);
      if (end < 0) break;
      searched = end + 1;
      const isEmpty = end === this.line || (end === this.line + 1 && all[this.line] === CR);
      this.line = searched;
      if (!isEmpty) continue;
      events.push(all.subarray(start, searched));
      start = searched;
    }
    this.held.clear();
    this.held.append(all, start);
    this.line -= start;
    return events;
  }

  /** @returns what no empty line ended */
  end(): Buffer {
    const rest = Buffer.from(this.held.bytes);
    this.held.clear();
    this.line = 0;
    return rest;
  }
}

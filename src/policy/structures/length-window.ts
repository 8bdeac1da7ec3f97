/** Who counts the requests of a {@link LengthWindow}. */
export interface Counter {
  /** Characters of its requests in the window; the window alone writes it. */
  characters: number;
}

interface Entry {
  readonly at: number;
  readonly length: number;
  readonly counter: Counter;
}

/** Above it the oldest ones go early: enough to know how lengths are spread. */
const MAX_ENTRIES = 4096;

/** How long the texts of the last requests were, and who got them. */
export class LengthWindow {
  /** A ring: {@link LengthWindow.count} entries from {@link LengthWindow.first} on. */
  private readonly entries: Entry[] = [];
  private first = 0;
  private count = 0;

  /** @param duration milliseconds after which a request does not count any more */
  constructor(public duration: number) {}

  add(entry: Entry): void {
    if (this.count === MAX_ENTRIES) this.drop();
    this.entries[(this.first + this.count) % MAX_ENTRIES] = entry;
    this.count++;
    entry.counter.characters += entry.length;
  }

  /** @param now milliseconds of the clock of the entries */
  expire(now: number): void {
    while (this.count > 0 && now - this.entries[this.first]!.at > this.duration) this.drop();
  }

  /** @returns the lengths in the window, shortest first */
  lengths(): Float64Array {
    const lengths = new Float64Array(this.count);
    for (let i = 0; i < this.count; i++) {
      lengths[i] = this.entries[(this.first + i) % MAX_ENTRIES]!.length;
    }
    return lengths.sort();
  }

  private drop(): void {
    const { counter, length } = this.entries[this.first]!;
    counter.characters -= length;
    this.first = (this.first + 1) % MAX_ENTRIES;
    this.count--;
  }
}

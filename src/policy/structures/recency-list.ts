/** What can stand in a {@link RecencyList}; the list alone writes these. */
export interface Linked<T> {
  newer: T | undefined;
  older: T | undefined;
}

/** A doubly linked list of its entries themselves, the one used last first. Every operation takes constant time. */
export class RecencyList<T extends Linked<T>> {
  newest: T | undefined;
  oldest: T | undefined;

  /** Puts in an entry that stands in no list: next to `below` and newer than it, without one the newest of all. */
  add(entry: T, below: T | undefined = this.newest): void {
    entry.older = below;
    entry.newer = below?.newer;
    if (entry.newer) entry.newer.older = entry;
    else this.newest = entry;
    if (below) below.newer = entry;
    else this.oldest = entry;
  }

  /** Takes out an entry of this list. */
  remove(entry: T): void {
    if (entry.newer) entry.newer.older = entry.older;
    else this.newest = entry.older;
    if (entry.older) entry.older.newer = entry.newer;
    else this.oldest = entry.newer;
    entry.newer = undefined;
    entry.older = undefined;
  }

  /** Makes an entry of this list the newest. */
  touch(entry: T): void {
    if (entry === this.newest) return;
    this.remove(entry);
    this.add(entry);
  }
}

/** What lies in a heap knows where, so that it can be taken out. */
export interface InHeap {
  /** -1 while it is in none; the heap's own. */
  heapIndex: number;
}

/** Binary heap that gives back its first, and lets go of any other. */
export class IndexedHeap<T extends InHeap> {
  private readonly items: T[] = [];

  /** @param before whether the one goes before the other; no two may be equal */
  constructor(private readonly before: (one: T, other: T) => boolean) {}

  get size(): number {
    return this.items.length;
  }

  get first(): T | undefined {
    return this.items[0];
  }

  /** In no order. */
  get all(): readonly T[] {
    return this.items;
  }

  push(item: T): void {
    this.items.push(item);
    this.rise(item, this.items.length - 1);
  }

  remove(item: T): void {
    const at = item.heapIndex;
    const last = this.items.pop()!;
    item.heapIndex = -1;
    if (last === item) return;
    last.heapIndex = at;
    this.moved(last);
  }

  /** Puts right an item whose order is another one now. */
  moved(item: T): void {
    const { heapIndex } = item;
    this.rise(item, heapIndex);
    if (item.heapIndex === heapIndex) this.sink(item, heapIndex);
  }

  private rise(item: T, from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.items[parent]!;
      if (!this.before(item, above)) break;
      this.put(above, at);
      at = parent;
    }
    this.put(item, at);
  }

  private sink(item: T, from: number): void {
    const { items } = this;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.before(items[child + 1]!, items[child]!)) child++;
      if (!this.before(items[child]!, item)) break;
      this.put(items[child]!, at);
      at = child;
    }
    this.put(item, at);
  }

  private put(item: T, at: number): void {
    this.items[at] = item;
    item.heapIndex = at;
  }
}

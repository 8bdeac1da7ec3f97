const { imul } = Math;

/** Ids and cells count from 1: 0 is none. */
const NONE = 0;
const FIRST_SIZE = 64;

/**
 * Blocks by hash, and which endpoints hold each. All of it lies in a few typed arrays: 22 bytes a block, and 6 for
 * each endpoint of a block that several hold.
 */
export class BlockTable {
  private low = new Int32Array(FIRST_SIZE);
  private high = new Int32Array(FIRST_SIZE);
  /** The next block of the same bucket; of those that are free the next free one. */
  private chain = new Int32Array(FIRST_SIZE);
  /** The endpoint, where one holds it; else the first of its cells. */
  private holder = new Int32Array(FIRST_SIZE);
  private counts = new Uint16Array(FIRST_SIZE);
  private buckets = new Int32Array(FIRST_SIZE);
  private used = 1;
  private free = NONE;
  private cellSlots = new Uint16Array(FIRST_SIZE);
  private cellNext = new Int32Array(FIRST_SIZE);
  private usedCells = 1;
  private freeCell = NONE;
  private blocks = 0;

  /** Blocks that somebody holds. */
  get size(): number {
    return this.blocks;
  }

  /** Bytes of its arrays. */
  get bytes(): number {
    return this.low.length * 22 + this.cellNext.length * 6;
  }

  /** @returns the id of a block, which stays the same as long as somebody holds it; 0 where nobody does */
  find(low: number, high: number): number {
    let id = this.buckets[this.bucketOf(low)]!;
    while (id !== NONE && (this.low[id] !== low || this.high[id] !== high)) id = this.chain[id]!;
    return id;
  }

  /** @returns how many endpoints hold a block; 0 for the id 0 */
  holders(id: number): number {
    return this.counts[id]!;
  }

  /** @param into gets the slots of the endpoints that hold it @returns how many these are */
  slotsOf(id: number, into: Uint16Array): number {
    const count = this.counts[id]!;
    if (count === 1) into[0] = this.holder[id]!;
    else if (count > 1) {
      let cell = this.holder[id]!;
      for (let i = 0; i < count; i++, cell = this.cellNext[cell]!) into[i] = this.cellSlots[cell]!;
    }
    return count;
  }

  /** A block that nobody holds gets its first holder. @returns its id */
  add(low: number, high: number, slot: number): number {
    let id = this.free;
    if (id === NONE) {
      if (this.used === this.low.length) this.grow();
      id = this.used++;
    } else this.free = this.chain[id]!;
    this.low[id] = low;
    this.high[id] = high;
    this.holder[id] = slot;
    this.counts[id] = 1;
    this.enter(id);
    this.blocks++;
    return id;
  }

  /** @param slot of an endpoint that does not hold it yet */
  hold(id: number, slot: number): void {
    if (this.counts[id] === 1) this.holder[id] = this.newCell(this.holder[id]!, NONE);
    this.holder[id] = this.newCell(slot, this.holder[id]!);
    this.counts[id]!++;
  }

  /** @param slot of an endpoint that holds it; the block is gone when it was the last one */
  drop(id: number, slot: number): void {
    const count = --this.counts[id]!;
    if (count === 0) return this.remove(id);
    let before = NONE;
    let cell = this.holder[id]!;
    while (this.cellSlots[cell] !== slot) {
      before = cell;
      cell = this.cellNext[cell]!;
    }
    const after = this.cellNext[cell]!;
    if (before === NONE) this.holder[id] = after;
    else this.cellNext[before] = after;
    this.release(cell);
    if (count > 1) return;
    const last = this.holder[id]!;
    this.holder[id] = this.cellSlots[last]!;
    this.release(last);
  }

  private remove(id: number): void {
    const bucket = this.bucketOf(this.low[id]!);
    let other = this.buckets[bucket]!;
    if (other === id) this.buckets[bucket] = this.chain[id]!;
    else {
      while (this.chain[other] !== id) other = this.chain[other]!;
      this.chain[other] = this.chain[id]!;
    }
    this.chain[id] = this.free;
    this.free = id;
    this.blocks--;
  }

  private newCell(slot: number, next: number): number {
    let cell = this.freeCell;
    if (cell === NONE) {
      if (this.usedCells === this.cellNext.length) this.growCells();
      cell = this.usedCells++;
    } else this.freeCell = this.cellNext[cell]!;
    this.cellSlots[cell] = slot;
    this.cellNext[cell] = next;
    return cell;
  }

  private release(cell: number): void {
    this.cellNext[cell] = this.freeCell;
    this.freeCell = cell;
  }

  private bucketOf(low: number): number {
    return imul(low, 0x9e3779b1) & (this.buckets.length - 1);
  }

  private enter(id: number): void {
    const bucket = this.bucketOf(this.low[id]!);
    this.chain[id] = this.buckets[bucket]!;
    this.buckets[bucket] = id;
  }

  /** Ids stay; nothing is free then. */
  private grow(): void {
    const size = this.low.length * 2;
    this.low = longer(this.low, new Int32Array(size));
    this.high = longer(this.high, new Int32Array(size));
    this.holder = longer(this.holder, new Int32Array(size));
    this.counts = longer(this.counts, new Uint16Array(size));
    this.chain = new Int32Array(size);
    this.buckets = new Int32Array(size);
    for (let id = 1; id < this.used; id++) this.enter(id);
  }

  private growCells(): void {
    const size = this.cellNext.length * 2;
    this.cellSlots = longer(this.cellSlots, new Uint16Array(size));
    this.cellNext = longer(this.cellNext, new Int32Array(size));
  }
}

function longer<T extends Int32Array | Uint16Array>(from: T, into: T): T {
  into.set(from);
  return into;
}

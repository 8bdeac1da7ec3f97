import { BlockTable } from './block-table.js';
import { RecentBlocks } from './recent-blocks.js';

/** The tables grow one by one: one that held all would stop everything while it did. */
const TABLES = 64;
/** Of these one is where a block lies, in the lower bits of its number. */
const TABLE_BITS = 6;
/** Slots are numbers of two bytes. */
const MOST_SLOTS = 2 ** 16 - 1;
/** Blocks of endpoints that have left, let go at a time. */
const SWEEP = 256;

class Slot {
  readonly recent = new RecentBlocks();

  constructor(
    readonly number: number,
    /** Grows with each slot that is made. */
    readonly made: number,
  ) {}
}

/** How many leading blocks of a prompt endpoints hold. */
export class Holders {
  /** @param byNumber blocks that are held, by the number of the slot */
  constructor(
    private readonly byNumber: Uint32Array,
    private readonly made: number,
  ) {}

  /** @returns 0 for a slot that was made later */
  of({ number, made }: Slot): number {
    return made <= this.made ? (this.byNumber[number] ?? 0) : 0;
  }
}

/**
 * Which endpoints have been sent which beginnings of prompts, by the hashes of their blocks.
 *
 * An endpoint forgets the blocks that it has not been sent for longest. Of a prompt the end counts as used before the
 * beginning, as in the caches of engines: so whoever holds a block holds all before it, and how far somebody holds a
 * prompt is found by halving it, not by going through its blocks.
 *
 * @typeParam E endpoints, known by their identity
 */
export class PrefixIndex<E extends object> {
  private readonly tables = Array.from({ length: TABLES }, () => new BlockTable());
  private readonly slots = new Map<E, Slot>();
  /** Whose endpoints have left: their blocks are let go little by little. */
  private readonly leaving: Slot[] = [];
  private readonly freeNumbers: number[] = [];
  private numbers = 0;
  private made = 0;
  private found = new Uint16Array(64);
  /** Of the prompt that is matched. */
  private hashes: Int32Array = new Int32Array(0);
  private byNumber = new Uint32Array(0);

  /** Blocks that are remembered, each once however many hold it. */
  get size(): number {
    return this.tables.reduce((sum, { size }) => sum + size, 0);
  }

  /** Bytes that it takes. */
  get bytes(): number {
    const ofSlots = [...this.slots.values(), ...this.leaving].map(({ recent }) => recent.bytes);
    const ofTables = this.tables.map(({ bytes }) => bytes);
    return [...ofSlots, ...ofTables].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** @returns blocks that are remembered of an endpoint */
  count(endpoint: E): number {
    return this.slots.get(endpoint)?.recent.size ?? 0;
  }

  /**
   * @param hashes of the blocks of a prompt, two numbers each
   * @returns undefined where nobody holds any
   */
  match(hashes: Int32Array): Holders | undefined {
    const first = hashes.length === 0 ? 0 : this.find(hashes, 0);
    if (first === 0) return undefined;
    this.hashes = hashes;
    this.byNumber = new Uint32Array(this.numbers);
    this.mark(1, first, hashes.length / 2 + 1, 0);
    return new Holders(this.byNumber, this.made);
  }

  /** @returns as {@link Holders.of} */
  heldBy(endpoint: E, holders: Holders): number {
    const slot = this.slots.get(endpoint);
    return slot ? holders.of(slot) : 0;
  }

  /**
   * The endpoint gets a prompt: it holds all of its blocks then, or as many as it has room for.
   *
   * @param capacity blocks that are remembered of it
   */
  record(hashes: Int32Array, endpoint: E, capacity: number): void {
    this.sweep();
    const slot = this.slots.get(endpoint) ?? this.newSlot(endpoint);
    if (!slot) return;
    const { recent } = slot;
    for (let at = Math.min(hashes.length / 2, capacity) - 1; at >= 0; at--) {
      let id = this.find(hashes, at);
      if (id !== 0 && recent.use(id)) continue;
      if (recent.size >= capacity) {
        this.dropOldest(slot);
        // It may have been the last one that held this very block.
        id = this.find(hashes, at);
      }
      recent.add(this.hold(id, hashes, at, slot.number));
    }
    while (recent.size > capacity) this.dropOldest(slot);
  }

  /** The endpoint has left, or its cache is empty: nothing is held by it. */
  remove(endpoint: E): void {
    const slot = this.slots.get(endpoint);
    if (!slot) return;
    this.slots.delete(endpoint);
    this.leaving.push(slot);
    this.sweep();
  }

  /**
   * Says for all who hold the block `depth` how far they hold the prompt. Whoever holds a block holds those before it:
   * where as many hold a later one, all hold it.
   *
   * @param id of the block, @param beyond a later depth, from which on all that hold it are marked already
   * @param holdBeyond how many these are
   */
  private mark(depth: number, id: number, beyond: number, holdBeyond: number): void {
    const table = this.tables[id & (TABLES - 1)]!;
    const count = table.holders(id >>> TABLE_BITS);
    if (count <= holdBeyond) return;
    if (beyond > depth + 1) {
      const middle = (depth + beyond) >> 1;
      const at = this.find(this.hashes, middle - 1);
      const holdIt = at === 0 ? 0 : this.tables[at & (TABLES - 1)]!.holders(at >>> TABLE_BITS);
      if (holdIt > holdBeyond) this.mark(middle, at, beyond, holdBeyond);
      return this.mark(depth, id, middle, Math.max(holdIt, holdBeyond));
    }
    if (count > this.found.length) this.found = new Uint16Array(2 * count);
    table.slotsOf(id >>> TABLE_BITS, this.found);
    const { found, byNumber } = this;
    for (let i = 0; i < count; i++) {
      if (byNumber[found[i]!] === 0) byNumber[found[i]!] = depth;
    }
  }

  /** @returns a number for the block, 0 where nobody holds it */
  private find(hashes: Int32Array, at: number): number {
    const high = hashes[2 * at + 1]!;
    const id = this.tables[high & (TABLES - 1)]!.find(hashes[2 * at]!, high);
    return id === 0 ? 0 : (id << TABLE_BITS) | (high & (TABLES - 1));
  }

  private hold(id: number, hashes: Int32Array, at: number, slot: number): number {
    const high = hashes[2 * at + 1]!;
    const table = this.tables[high & (TABLES - 1)]!;
    if (id === 0) {
      return (table.add(hashes[2 * at]!, high, slot) << TABLE_BITS) | (high & (TABLES - 1));
    }
    table.hold(id >>> TABLE_BITS, slot);
    return id;
  }

  private dropOldest({ recent, number }: Slot): void {
    const { oldest } = recent;
    recent.removeOldest();
    this.tables[oldest & (TABLES - 1)]!.drop(oldest >>> TABLE_BITS, number);
  }

  private newSlot(endpoint: E): Slot | undefined {
    if (this.freeNumbers.length === 0 && this.numbers === MOST_SLOTS) return undefined;
    const number = this.freeNumbers.pop() ?? this.numbers++;
    const slot = new Slot(number, ++this.made);
    this.slots.set(endpoint, slot);
    return slot;
  }

  private sweep(): void {
    const slot = this.leaving.at(-1);
    if (!slot) return;
    for (let left = SWEEP; left > 0 && slot.recent.size > 0; left--) this.dropOldest(slot);
    if (slot.recent.size > 0) return;
    this.leaving.pop();
    this.freeNumbers.push(slot.number);
  }
}

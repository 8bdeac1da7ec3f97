/** Whether of two points at one position that of the first slot comes first. */
type Before = (slot: number, other: number) => boolean;

/** Slots are below this: a position of 32 bits and a slot make a whole number that a double holds exactly. */
const SLOTS = 2 ** 20;

/** Points on a ring of 2^32 positions, in their order; each belongs to a slot. */
export class RingPoints {
  /** The arrays are of one length. */
  private constructor(
    readonly positions: Uint32Array,
    readonly slots: Uint32Array,
  ) {}

  /** @param positions in any order @param slots one a position, below 2^20 */
  static of(positions: readonly number[], slots: readonly number[], before: Before): RingPoints {
    const packed = new Float64Array(positions.length);
    for (let i = 0; i < packed.length; i++) packed[i] = positions[i]! * SLOTS + slots[i]!;
    packed.sort();
    const points = RingPoints.ofLength(packed.length);
    for (let i = 0; i < packed.length; i++) {
      const position = Math.floor(packed[i]! / SLOTS);
      points.positions[i] = position;
      points.slots[i] = packed[i]! - position * SLOTS;
    }
    points.settleTies(before);
    return points;
  }

  static ofLength(length: number): RingPoints {
    return new RingPoints(new Uint32Array(length), new Uint32Array(length));
  }

  get length(): number {
    return this.positions.length;
  }

  /** @returns the index of the first point that is at this position or behind it; the number of points where none is */
  firstFrom(position: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.positions[middle]! < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** @returns these points and others, whose slots are others */
  with(others: RingPoints, before: Before): RingPoints {
    const all = RingPoints.ofLength(this.length + others.length);
    for (let i = 0, j = 0, end = 0; end < all.length; end++) {
      const isMine = j === others.length || (i < this.length && this.isNext(i, others, j, before));
      all.positions[end] = isMine ? this.positions[i]! : others.positions[j]!;
      all.slots[end] = isMine ? this.slots[i++]! : others.slots[j++]!;
    }
    return all;
  }

  /** @returns the points of all slots but one */
  without(slot: number): RingPoints {
    const { positions, slots } = this;
    let kept = 0;
    for (let i = 0; i < slots.length; i++) if (slots[i] !== slot) kept++;
    const rest = RingPoints.ofLength(kept);
    for (let i = 0, end = 0; i < slots.length; i++) {
      if (slots[i] === slot) continue;
      rest.positions[end] = positions[i]!;
      rest.slots[end++] = slots[i]!;
    }
    return rest;
  }

  private isNext(i: number, others: RingPoints, j: number, before: Before): boolean {
    const mine = this.positions[i]!;
    const other = others.positions[j]!;
    return mine === other ? before(this.slots[i]!, others.slots[j]!) : mine < other;
  }

  private settleTies(before: Before): void {
    const { positions, slots } = this;
    for (let i = 1; i < this.length; i++) {
      for (let j = i; j > 0 && positions[j] === positions[j - 1]; j--) {
        if (!before(slots[j]!, slots[j - 1]!)) break;
        [slots[j - 1], slots[j]] = [slots[j]!, slots[j - 1]!];
      }
    }
  }
}

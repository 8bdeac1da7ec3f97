const { imul } = Math;

type Links = Uint16Array | Int32Array;

const FIRST_SIZE = 64;
/** The place of the newest and the oldest block: the list is a ring that begins and ends here. */
const END = 0;
/** Links of two bytes reach no farther. */
const MOST_SHORT = 2 ** 16;

/** The blocks that one endpoint holds, in the order of their last use: 12 bytes each, 20 where it holds 65,000 and more. */
export class RecentBlocks {
  private ids = new Int32Array(FIRST_SIZE);
  /** The next place of the same bucket; of places that are free the next free one. */
  private chain: Links = new Uint16Array(FIRST_SIZE);
  private newer: Links = new Uint16Array(FIRST_SIZE);
  private older: Links = new Uint16Array(FIRST_SIZE);
  private buckets: Links = new Uint16Array(FIRST_SIZE);
  private used = 1;
  private free = END;
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** Bytes of its arrays. */
  get bytes(): number {
    return this.ids.length * (4 + 4 * this.chain.BYTES_PER_ELEMENT);
  }

  /** The block that was used longest ago; 0 where there is none. */
  get oldest(): number {
    return this.ids[this.newer[END]!]!;
  }

  /** @returns whether it holds the block, which is the newest one then */
  use(id: number): boolean {
    const place = this.placeOf(id);
    if (place === END) return false;
    if (this.older[END] !== place) {
      this.unlink(place);
      this.link(place);
    }
    return true;
  }

  /** @param id of a block that it does not hold yet: the newest one */
  add(id: number): void {
    let place = this.free;
    if (place === END) {
      if (this.used === this.ids.length) this.grow();
      place = this.used++;
    } else this.free = this.chain[place]!;
    this.ids[place] = id;
    this.enter(place);
    this.link(place);
    this.count++;
  }

  removeOldest(): void {
    const place = this.newer[END]!;
    const bucket = this.bucketOf(this.ids[place]!);
    let other = this.buckets[bucket]!;
    if (other === place) this.buckets[bucket] = this.chain[place]!;
    else {
      while (this.chain[other] !== place) other = this.chain[other]!;
      this.chain[other] = this.chain[place]!;
    }
    this.unlink(place);
    this.chain[place] = this.free;
    this.free = place;
    this.count--;
  }

  private placeOf(id: number): number {
    let place = this.buckets[this.bucketOf(id)]!;
    while (place !== END && this.ids[place] !== id) place = this.chain[place]!;
    return place;
  }

  private bucketOf(id: number): number {
    const mixed = imul(id, 0x9e3779b1);
    return (mixed ^ (mixed >>> 15)) & (this.buckets.length - 1);
  }

  private enter(place: number): void {
    const bucket = this.bucketOf(this.ids[place]!);
    this.chain[place] = this.buckets[bucket]!;
    this.buckets[bucket] = place;
  }

  private link(place: number): void {
    const newest = this.older[END]!;
    this.older[place] = newest;
    this.newer[place] = END;
    this.newer[newest] = place;
    this.older[END] = place;
  }

  private unlink(place: number): void {
    const older = this.older[place]!;
    const newer = this.newer[place]!;
    this.newer[older] = newer;
    this.older[newer] = older;
  }

  /** Places stay; none is free then. */
  private grow(): void {
    const size = this.ids.length * 2;
    const make = (): Links => (size <= MOST_SHORT ? new Uint16Array(size) : new Int32Array(size));
    const ids = new Int32Array(size);
    ids.set(this.ids);
    this.ids = ids;
    this.newer = longer(this.newer, make());
    this.older = longer(this.older, make());
    this.chain = make();
    this.buckets = make();
    for (let place = 1; place < this.used; place++) this.enter(place);
  }
}

function longer(from: Links, into: Links): Links {
  into.set(from);
  return into;
}

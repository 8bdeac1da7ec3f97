/** Above it the map is parted. */
const MAX_UNPARTED = 4096;
const PARTS = 64;

/**
 * A map by hash. A `Map` that grows, and one that is written to for long, is copied whole now and then: with a million
 * entries this stops everything for a tenth of a second. Here it is one part of 64 that is copied.
 */
export class WideMap<V> {
  private parts: readonly Map<number, V>[] = [new Map<number, V>()];
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** @param key a whole number whose lower bits are spread well */
  get(key: number): V | undefined {
    return this.part(key).get(key);
  }

  set(key: number, value: V): void {
    const part = this.part(key);
    const before = part.size;
    part.set(key, value);
    this.count += part.size - before;
    if (part.size > MAX_UNPARTED && this.parts.length === 1) this.divide(part);
  }

  delete(key: number): void {
    if (this.part(key).delete(key)) this.count--;
  }

  private part(key: number): Map<number, V> {
    return this.parts[key & (this.parts.length - 1)]!;
  }

  private divide(whole: Map<number, V>): void {
    this.parts = Array.from({ length: PARTS }, () => new Map<number, V>());
    for (const [key, value] of whole) this.part(key).set(key, value);
  }
}

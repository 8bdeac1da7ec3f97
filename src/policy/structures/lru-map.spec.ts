import { describe, expect, it } from '@jest/globals';
import { randomOf } from '../../../test/support/random-pods.js';
import { LruMap } from './lru-map.js';

/** The same by plain means: the newest entry last. */
class Oracle {
  entries: { key: number; value: string; usedAt: number }[] = [];

  constructor(
    private readonly most: number,
    private readonly maxIdle: number,
  ) {}

  get(key: number, now: number): string | undefined {
    const entry = this.take(key);
    if (!entry || now - entry.usedAt > this.maxIdle) return undefined;
    this.entries.push({ ...entry, usedAt: now });
    return entry.value;
  }

  set(key: number, value: string, now: number): void {
    this.take(key);
    this.entries.push({ key, value, usedAt: now });
    if (this.entries.length > this.most) this.entries.shift();
  }

  take(key: number): { key: number; value: string; usedAt: number } | undefined {
    const entry = this.entries.find((each) => each.key === key);
    this.entries = this.entries.filter((each) => each !== entry);
    return entry;
  }

  tidy(now: number): void {
    this.entries = this.entries.filter(({ usedAt }) => now - usedAt <= this.maxIdle);
  }
}

describe(LruMap.name, () => {
  it.each([1, 2, 3, 4, 5])('does what a list in order of use does (seed %i)', (seed) => {
    const random = randomOf(seed);
    let now = 0;
    const inside = new Map<string, number>();
    const left = (value: string): void => void inside.set(value, (inside.get(value) ?? 0) - 1);
    const map = new LruMap<string>({ maxEntries: 8, maxIdle: 20, left }, () => now);
    const oracle = new Oracle(8, 20);
    for (let step = 0; step < 1500; step++) {
      now += Math.floor(random() * 4) * Math.floor(random() * 4);
      const key = Math.floor(random() * 16);
      const kind = random();
      if (kind < 0.45) {
        expect(map.get(key)).toBe(oracle.get(key, now));
      } else if (kind < 0.85) {
        const value = `v${Math.floor(random() * 4)}`;
        map.set(key, value);
        oracle.set(key, value, now);
        inside.set(value, (inside.get(value) ?? 0) + 1);
      } else if (kind < 0.95) {
        map.delete(key);
        oracle.take(key);
      } else {
        map.tidy();
        oracle.tidy(now);
      }
      expect(map.size).toBe(oracle.entries.length);
    }
    const count = (value: string): number =>
      oracle.entries.filter((entry) => entry.value === value).length;
    for (const [value, times] of inside) expect(times).toBe(count(value));
  });

  it('keeps what is idle where nothing is said of it', () => {
    let now = 0;
    const map = new LruMap<string>({ maxEntries: 2, maxIdle: Infinity }, () => now);
    map.set(1, 'a');
    now = Number.MAX_SAFE_INTEGER;
    map.tidy();
    expect(map.get(1)).toBe('a');
  });
});

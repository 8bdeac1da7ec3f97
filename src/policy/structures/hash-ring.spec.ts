import { describe, expect, it } from '@jest/globals';
import { countOf, endpoints, type Endpoint } from '../../../test/support/policy-harness.js';
import { randomOf } from '../../../test/support/random-pods.js';
import { hashText } from './hash.js';
import { HashRing } from './hash-ring.js';

const KEYS = Array.from({ length: 20_000 }, (_, i) => hashText(`user-${i}`));

function ringOf(candidates: readonly Endpoint[]): HashRing {
  const ring = new HashRing();
  ring.meet(candidates);
  return ring;
}

/** @returns the id that each key belongs to */
function ownersIn(ring: HashRing, candidates: readonly Endpoint[], keys = KEYS): string[] {
  ring.meet(candidates);
  return keys.map((key) => candidates[ring.find(key)]!.id);
}

describe(HashRing.name, () => {
  it('gives each endpoint about the same share', () => {
    const all = endpoints(10);
    const counts = [...countOf(ownersIn(new HashRing(), all)).values()];
    expect(counts.length).toBe(10);
    expect(Math.max(...counts) / 2000).toBeLessThan(1.3);
    expect(Math.min(...counts) / 2000).toBeGreaterThan(0.7);
  });

  it('moves keys only to an endpoint that comes', () => {
    const all = endpoints(10);
    const ring = new HashRing();
    const before = ownersIn(ring, all.slice(0, 9));
    const after = ownersIn(ring, all);
    const moved = after.filter((id, i) => id !== before[i]);
    expect(new Set(moved)).toEqual(new Set([all[9]!.id]));
    expect(moved.length / KEYS.length).toBeCloseTo(0.1, 1);
  });

  it('moves only the keys of an endpoint that goes, to all others', () => {
    const all = endpoints(10);
    const ring = new HashRing();
    const before = ownersIn(ring, all);
    const after = ownersIn(ring, all.slice(1));
    const moved = after.filter((id, i) => id !== before[i]);
    expect(before.every((id, i) => id === after[i] || id === all[0]!.id)).toBe(true);
    const counts = countOf(moved);
    expect(counts.size).toBe(9);
    expect(Math.max(...counts.values()) / moved.length).toBeLessThan(0.25);
  });

  it('gives the same whatever came and went before, in whatever order', () => {
    const random = randomOf(3);
    const all = endpoints(40);
    const ring = new HashRing();
    const keys = KEYS.slice(0, 300);
    for (let step = 0; step < 60; step++) {
      const some = all.filter(() => random() < 0.5).sort(() => random() - 0.5);
      if (some.length === 0) continue;
      const left = all[Math.floor(random() * all.length)]!;
      if (random() < 0.4 && !some.includes(left)) ring.remove(left.id);
      const fresh = ownersIn(new HashRing(), some.toReversed(), keys);
      expect(ownersIn(ring, some, keys)).toEqual(fresh);
    }
  });

  it('walks on to the first one that is accepted', () => {
    const all = endpoints(5);
    const ring = ringOf(all);
    for (const key of KEYS.slice(0, 200)) {
      const order: number[] = [];
      ring.find(key, (index) => !order.includes(index) && order.push(index) === 5);
      expect(order.toSorted()).toEqual([0, 1, 2, 3, 4]);
      expect(ring.find(key)).toBe(order[0]);
      const rest = new Set(order.slice(2));
      expect(ring.find(key, (index) => rest.has(index))).toBe(order[2]);
    }
  });

  it('finds nobody where nobody is accepted or known', () => {
    expect(ringOf(endpoints(3)).find(5, () => false)).toBe(-1);
    expect(new HashRing().find(5)).toBe(-1);
  });

  it('forgets who has left', () => {
    const all = endpoints(2);
    const ring = ringOf(all);
    ring.remove(all[0]!.id);
    ring.remove('nobody');
    expect(new Set(ownersIn(ring, all.slice(1)))).toEqual(new Set([all[1]!.id]));
    expect(new Set(ownersIn(ring, all)).size).toBe(2);
  });
});

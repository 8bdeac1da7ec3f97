import { describe, expect, it } from '@jest/globals';
import { randomOf } from '../../test/support/random-pods.js';
import { IndexedHeap, type InHeap } from './indexed-heap.js';

interface Item extends InHeap {
  rank: number;
}

describe(IndexedHeap.name, () => {
  it('knows its first under random pushes, removals and moves', () => {
    const random = randomOf(7);
    const heap = new IndexedHeap<Item>((one, other) => one.rank < other.rank);
    const all = new Set<Item>();
    for (let step = 0; step < 2000; step++) {
      const some = [...all][Math.floor(random() * all.size)];
      const dice = random();
      if (!some || dice < 0.4) {
        const item = { rank: random(), heapIndex: -1 };
        all.add(item);
        heap.push(item);
      } else if (dice < 0.7) {
        all.delete(some);
        heap.remove(some);
        expect(some.heapIndex).toBe(-1);
      } else {
        some.rank = random();
        heap.moved(some);
      }
      expect(heap.size).toBe(all.size);
      const least = Math.min(...[...all].map(({ rank }) => rank));
      expect(heap.first?.rank ?? Infinity).toBe(least);
    }
  });
});

import { describe, expect, it } from '@jest/globals';
import { hasPods, inPod, rankOf } from './dp-rank.js';

describe(rankOf.name, () => {
  it.each([
    ['abc', 8, 2],
    ['cmpl-foo-0', 8, 5],
    ['00000000-0000-0000-0000-000000000000', 8, 6],
    ['abc', 16, 2],
  ])('puts %j of %i ranks at %i, as other routers do', (id, size, rank) => {
    expect(rankOf(id, { size, sizeLocal: 0 })).toBe(rank);
  });

  it('is 0 where there is one rank', () => {
    expect(rankOf('abc', { size: 1, sizeLocal: 0 })).toBe(0);
  });

  it('folds it to the ranks of one pod', () => {
    for (let i = 0; i < 200; i++) {
      const world = rankOf(`id-${i}`, { size: 16, sizeLocal: 0 });
      expect(rankOf(`id-${i}`, { size: 16, sizeLocal: 4 })).toBe(world % 4);
    }
  });

  it('spreads requests over all ranks', () => {
    const ranks = Array.from({ length: 400 }, (_, i) =>
      rankOf(`id-${i}`, { size: 8, sizeLocal: 8 }),
    );
    expect(new Set(ranks)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7]));
  });
});

describe(inPod.name, () => {
  it('counts from 0 in each pod', () => {
    expect([inPod(11, 8), inPod(3, 8), inPod(11, 0)]).toEqual([3, 3, 11]);
  });
});

describe(hasPods.name, () => {
  it('is so where a pod runs a part of the ranks', () => {
    const worlds = [
      { size: 16, sizeLocal: 8 },
      { size: 8, sizeLocal: 8 },
      { size: 8, sizeLocal: 0 },
    ];
    expect(worlds.map(hasPods)).toEqual([true, false, false]);
  });
});

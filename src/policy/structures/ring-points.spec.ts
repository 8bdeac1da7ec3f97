import { describe, expect, it } from '@jest/globals';
import { randomOf } from '../../../test/support/random-pods.js';
import { RingPoints } from './ring-points.js';

/** Of slots at one position the higher one first, so that it differs from their order as numbers. */
const before = (slot: number, other: number): boolean => slot > other;

type Pair = readonly [position: number, slot: number];

const pairsOf = ({ positions, slots }: RingPoints): Pair[] =>
  Array.from(positions, (position, i) => [position, slots[i]!]);

const sorted = (pairs: readonly Pair[]): Pair[] =>
  pairs.toSorted(([p, s], [q, t]) => p - q || t - s);

const pointsOf = (pairs: readonly Pair[]): RingPoints =>
  RingPoints.of(
    pairs.map(([position]) => position),
    pairs.map(([, slot]) => slot),
    before,
  );

describe(RingPoints.name, () => {
  it.each([1, 2, 3])('keeps its order, many points at one position too (seed %i)', (seed) => {
    const random = randomOf(seed);
    let points = RingPoints.ofLength(0);
    let oracle: Pair[] = [];
    for (let slot = 0; slot < 40; slot++) {
      const added = Array.from({ length: 5 }, (): Pair => [
        Math.floor(random() * 12) * 0x15555555,
        slot,
      ]);
      points = points.with(pointsOf(added), before);
      oracle = sorted([...oracle, ...added]);
      if (random() < 0.3) {
        const left = Math.floor(random() * slot);
        points = points.without(left);
        oracle = oracle.filter(([, owner]) => owner !== left);
      }
      expect(pairsOf(points)).toEqual(oracle);
      const position = Math.floor(random() * 2 ** 32);
      const first = oracle.findIndex(([at]) => at >= position);
      expect(points.firstFrom(position)).toBe(first < 0 ? oracle.length : first);
    }
  });

  it('holds the highest position and slot exactly', () => {
    const pairs: Pair[] = [
      [2 ** 32 - 1, 2 ** 20 - 1],
      [0, 0],
      [2 ** 32 - 1, 0],
    ];
    expect(pairsOf(pointsOf(pairs))).toEqual(sorted(pairs));
  });
});

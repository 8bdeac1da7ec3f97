import { describe, expect, it } from '@jest/globals';
import { endpoint, type Endpoint } from '../../../test/support/policy-harness.js';
import { randomOf } from '../../../test/support/random-pods.js';
import { compare, leastLoaded, lowest } from './preference.js';

const cheap = endpoint({ id: 'cheap', cost: 0.5, lastChosen: 9 });
const old = endpoint({ id: 'old', lastChosen: 3 });
const recent = endpoint({ id: 'recent', lastChosen: 7 });
const never = endpoint('never');

describe(compare.name, () => {
  it('puts the cheaper one first, then the one chosen longer ago, then the one registered first', () => {
    const all = [recent, old, never, cheap, endpoint({ ...recent, id: 'as recent' })];
    const order = [0, 1, 2, 3, 4].sort((a, b) => compare(all, a, b));
    expect(order.map((i) => all[i]!.id)).toEqual(['cheap', 'never', 'old', 'recent', 'as recent']);
  });
});

describe(leastLoaded.name, () => {
  it('agrees with a sort', () => {
    const random = randomOf(2);
    const few = (): number => Math.floor(random() * 3);
    for (let round = 0; round < 500; round++) {
      const all: Endpoint[] = Array.from({ length: 1 + Math.floor(random() * 6) }, (_, i) =>
        endpoint({ id: String(i), load: few(), cost: few(), lastChosen: few() || -Infinity }),
      );
      const [first] = all
        .map((_, i) => i)
        .sort((a, b) => all[a]!.load - all[b]!.load || compare(all, a, b));
      expect(leastLoaded(all)).toBe(first);
      expect(lowest(all, ({ load }) => load)).toBe(first);
    }
  });

  it('finds one where every load is beyond measure', () => {
    expect(leastLoaded([endpoint({ id: 'a', load: Infinity })])).toBe(0);
  });
});

describe(lowest.name, () => {
  it('takes none that must not be taken', () => {
    const all = [never, old, recent];
    expect(lowest(all, (_, i) => (i === 0 ? NaN : 5))).toBe(1);
    expect(lowest(all, () => NaN)).toBe(-1);
    expect(lowest(all, () => Infinity)).toBe(0);
  });

  it('looks at a range', () => {
    const all = [never, recent, old];
    expect(lowest(all, () => 0, [1, 2])).toBe(2);
    expect(lowest(all, () => 0, [1, 1])).toBe(1);
  });
});

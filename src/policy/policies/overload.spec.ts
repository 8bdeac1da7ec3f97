import { describe, expect, it } from '@jest/globals';
import { endpoint } from '../../../test/support/policy-harness.js';
import { Overload } from './overload.js';

const loaded = (...loads: number[]): ReturnType<typeof endpoint>[] =>
  loads.map((load, i) => endpoint({ id: String(i), load }));

const overloadedOf = (loads: number[], abs: number, rel: number): number[] => {
  const sut = new Overload(loaded(...loads), {
    balanceAbsThreshold: abs,
    balanceRelThreshold: rel,
  });
  return [...loads.keys()].filter((i) => sut.has(i));
};

describe(Overload.name, () => {
  it('is above both bounds, the least loaded one as the measure', () => {
    expect(overloadedOf([0, 64, 65, 200], 64, 1.5)).toEqual([2, 3]);
    expect(overloadedOf([200, 264, 265, 300, 301], 64, 1.5)).toEqual([4]);
    expect(overloadedOf([5, 5, 5], 0, 1)).toEqual([]);
  });

  it('bears less where less is asked for', () => {
    const options = { balanceAbsThreshold: 8, balanceRelThreshold: 1.5 };
    const sut = new Overload(loaded(0, 5, 9), options);
    expect([sut.has(1), sut.has(1, 4), sut.has(2), sut.has(2, 100)]).toEqual([
      false,
      true,
      true,
      true,
    ]);
  });

  it('never has the least loaded one', () => {
    expect(overloadedOf([3, 9], -10, 0)).toEqual([1]);
    expect(overloadedOf([Infinity], 64, 1.5)).toEqual([]);
  });

  it('knows the least loaded one', () => {
    const options = { balanceAbsThreshold: 1, balanceRelThreshold: 1 };
    expect(new Overload(loaded(4, 2, 3), options).least).toBe(1);
  });
});

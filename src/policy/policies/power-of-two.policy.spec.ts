import { describe, expect, it } from '@jest/globals';
import {
  countOf,
  endpoint,
  endpoints,
  FakeTools,
  requestOf,
} from '../../../test/support/policy-harness.js';
import { PowerOfTwoPolicy } from './power-of-two.policy.js';

const anything = requestOf(undefined);

describe(PowerOfTwoPolicy.name, () => {
  it('never chooses the most loaded one of several', () => {
    const sut = new PowerOfTwoPolicy(new FakeTools());
    const all = endpoints(4).map((one, i) => ({ ...one, load: i === 2 ? 5 : 1 }));
    const chosen = new Set(Array.from({ length: 500 }, () => sut.choose(all, anything).index));
    expect(chosen).toEqual(new Set([0, 1, 3]));
  });

  it('draws every pair equally often, never one twice', () => {
    const sut = new PowerOfTwoPolicy(new FakeTools());
    const all = endpoints(4).map((one, i) => ({ ...one, load: i }));
    const counts = countOf(Array.from({ length: 12_000 }, () => sut.choose(all, anything).index));
    // Of six pairs the first wins three, the second two, the third one.
    for (const [index, share] of [6000, 4000, 2000].entries()) {
      expect(counts.get(index)! / share).toBeCloseTo(1, 0.8);
    }
    expect(counts.has(3)).toBe(false);
  });

  it('keeps loads close together', () => {
    const sut = new PowerOfTwoPolicy(new FakeTools());
    const all = endpoints(20);
    for (let i = 0; i < 10_000; i++) all[sut.choose(all, anything).index]!.load++;
    const loads = all.map(({ load }) => load);
    expect(Math.max(...loads) - Math.min(...loads)).toBeLessThan(20);
  });

  it('takes the cheaper of two that are equally loaded', () => {
    const sut = new PowerOfTwoPolicy(new FakeTools());
    const all = [endpoint('dear'), endpoint({ id: 'cheap', cost: 0 })];
    const chosen = new Set(Array.from({ length: 50 }, () => sut.choose(all, anything).index));
    expect(chosen).toEqual(new Set([1]));
  });

  it('says which two it weighed', () => {
    const sut = new PowerOfTwoPolicy(new FakeTools());
    const all = endpoints(5).map((one, i) => ({ ...one, load: i }));
    const { scores, index } = sut.choose(all, { ...anything, explain: true });
    expect(scores!.filter((score) => score > -Infinity)).toHaveLength(2);
    expect(scores![index]).toBe(Math.max(...scores!));
  });
});

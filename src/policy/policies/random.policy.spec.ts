import { describe, expect, it } from '@jest/globals';
import { countOf, endpoints, FakeTools } from '../../../test/support/policy-harness.js';
import { RandomPolicy } from './random.policy.js';

describe(RandomPolicy.name, () => {
  it('chooses each as often as the others', () => {
    const sut = new RandomPolicy(new FakeTools());
    const all = endpoints(5);
    const counts = countOf(Array.from({ length: 10_000 }, () => sut.choose(all).index));
    for (const index of all.keys()) expect(counts.get(index)! / 2000).toBeCloseTo(1, 0.8);
  });

  it('stays inside with the highest number that chance gives', () => {
    const sut = new RandomPolicy({ now: () => 0, random: () => 1 - 2 ** -53 });
    expect(sut.choose(endpoints(7)).index).toBe(6);
  });
});

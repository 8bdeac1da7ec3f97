import { describe, expect, it } from '@jest/globals';
import { countOf, endpoint, type Endpoint } from '../../../test/support/policy-harness.js';
import { randomOf } from '../../../test/support/random-pods.js';
import { RoundRobinPolicy } from './round-robin.policy.js';

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id) => endpoint(id)) as [
  Endpoint,
  Endpoint,
  Endpoint,
  Endpoint,
];

function chosen(sut: RoundRobinPolicy, candidates: readonly Endpoint[], times = 1): string {
  let ids = '';
  for (let i = 0; i < times; i++) ids += candidates[sut.choose(candidates).index]!.id;
  return ids;
}

describe(RoundRobinPolicy.name, () => {
  it('takes one after the other, in the order of their registration', () => {
    expect(chosen(new RoundRobinPolicy(), [a, b, c], 7)).toBe('abcabca');
  });

  it('goes on behind the last one when others come or go', () => {
    const sut = new RoundRobinPolicy();
    expect(chosen(sut, [a, b, c, d], 2)).toBe('ab');
    expect(chosen(sut, [b, c, d])).toBe('c');
    expect(chosen(sut, [a, b, c, d])).toBe('d');
    expect(chosen(sut, [a, b, c], 2)).toBe('ab');
  });

  it('goes on behind the last one though it has gone', () => {
    const sut = new RoundRobinPolicy();
    expect(chosen(sut, [a, b, c, d], 2)).toBe('ab');
    expect(chosen(sut, [a, d])).toBe('d');
    expect(chosen(sut, [a, b, c])).toBe('a');
    expect(chosen(sut, [c, d])).toBe('c');
  });

  it('passes nobody over for a retry that excludes who failed', () => {
    const sut = new RoundRobinPolicy();
    expect(chosen(sut, [a, b, c])).toBe('a');
    expect(chosen(sut, [b, c])).toBe('b');
    expect(chosen(sut, [a, b, c], 3)).toBe('cab');
  });

  it('begins anew where none of those before is left', () => {
    const sut = new RoundRobinPolicy();
    chosen(sut, [a, b], 1);
    expect(chosen(sut, [c, d], 3)).toBe('cdc');
  });

  it('takes each equally often while candidates flap', () => {
    const random = randomOf(4);
    const sut = new RoundRobinPolicy();
    const ids = Array.from({ length: 4000 }, () => {
      const missing = Math.floor(random() * 8);
      return chosen(
        sut,
        [a, b, c, d].filter((_, i) => i !== missing),
      );
    });
    const counts = [...countOf(ids).values()];
    expect(Math.max(...counts) / Math.min(...counts)).toBeLessThan(1.1);
  });
});

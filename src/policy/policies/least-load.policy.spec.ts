import { describe, expect, it } from '@jest/globals';
import { endpoint, endpoints, requestOf } from '../../../test/support/policy-harness.js';
import { LeastLoadPolicy } from './least-load.policy.js';

const anything = requestOf(undefined);

describe(LeastLoadPolicy.name, () => {
  it('takes the least loaded one', () => {
    const all = [5, 2, 7].map((load, i) => endpoint({ id: String(i), load }));
    expect(new LeastLoadPolicy().choose(all, anything)).toEqual({ index: 1, reason: 'least load' });
  });

  it('says what it weighed when asked', () => {
    const all = [5, 2].map((load, i) => endpoint({ id: String(i), load }));
    expect(new LeastLoadPolicy().choose(all, { ...anything, explain: true }).scores).toEqual([
      -5, -2,
    ]);
  });

  it('spreads a burst over all', () => {
    const all = endpoints(7);
    const sut = new LeastLoadPolicy();
    for (let i = 0; i < 700; i++) all[sut.choose(all, anything).index]!.load++;
    expect(all.every(({ load }) => load === 100)).toBe(true);
  });
});

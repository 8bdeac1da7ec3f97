import { describe, expect, it } from '@jest/globals';
import { flowRequest } from '../../../test/support/flow-harness.js';
import { EdfOrdering } from './edf-ordering-policy.js';
import { FcfsOrdering } from './fcfs-ordering-policy.js';
import { SloDeadlineOrdering } from './slo-deadline-ordering-policy.js';

describe(FcfsOrdering.name, () => {
  it('leaves it to the order of arrival', () => {
    expect(new FcfsOrdering().rank()).toBe(new FcfsOrdering().rank());
  });
});

describe(EdfOrdering.name, () => {
  it('ranks by when the time in the queue is over', () => {
    const sut = new EdfOrdering();
    expect(sut.rank(flowRequest(), 1000, 60_000)).toBe(61_000);
    expect(sut.rank(flowRequest(), 1000, Infinity)).toBe(Infinity);
  });
});

describe(SloDeadlineOrdering.name, () => {
  it('ranks by when the first token is wanted, and last who does not say', () => {
    const sut = new SloDeadlineOrdering();
    expect(sut.rank(flowRequest({ receivedAt: 500, sloTtftMs: 250 }))).toBe(750);
    expect(sut.rank(flowRequest({ receivedAt: 500 }))).toBe(Infinity);
  });
});

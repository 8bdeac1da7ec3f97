import { describe, expect, it } from '@jest/globals';
import { LineBudget } from './line-budget.js';

describe(LineBudget.name, () => {
  it('allows so many lines a second and tells in the next one how many it withheld', () => {
    const budget = new LineBudget(2);
    const at = (now: number): unknown => budget.take(now);
    expect(at(0)).toEqual({ allowed: true, withheld: 0 });
    expect(at(1)).toEqual({ allowed: true, withheld: 0 });
    expect(at(2)).toEqual({ allowed: false, withheld: 0 });
    expect(at(999)).toEqual({ allowed: false, withheld: 0 });
    expect(at(1000)).toEqual({ allowed: true, withheld: 2 });
    expect(at(2500)).toEqual({ allowed: true, withheld: 0 });
  });
});

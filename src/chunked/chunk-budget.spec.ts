import { describe, expect, it } from '@jest/globals';
import { ChunkBudget } from './chunk-budget.js';

describe(ChunkBudget.name, () => {
  it('deals out a limit in chunks, and what must come with it', () => {
    const budget = new ChunkBudget(4, 10, 6);
    const dealt = [4, undefined, 2].map((tokens) => {
      const limits = budget.next();
      expect(budget.current).toBe(limits);
      const { isLast } = budget;
      budget.spend(tokens);
      return [limits.most, limits.least, isLast];
    });
    expect(dealt).toEqual([
      [4, 4, false],
      [4, 2, false],
      [2, 0, true],
    ]);
  });

  it('counts what the engine says, but never more than was asked for, nor nothing', () => {
    const budget = new ChunkBudget(4, 10, undefined);
    for (const [tokens, next] of [
      [3, 4],
      [0, 3],
      [9, undefined],
    ] as const) {
      budget.next();
      budget.spend(tokens);
      if (next !== undefined) expect(budget.next().most).toBe(next);
    }
  });

  it('knows no end without a limit, but for the rest', () => {
    const budget = new ChunkBudget(4, Infinity, undefined);
    expect([budget.next().most, budget.isLast]).toEqual([4, false]);
    budget.spend(4);
    budget.takeRest();
    expect([budget.next(), budget.isLast]).toEqual([{ most: undefined, least: undefined }, true]);
  });
});

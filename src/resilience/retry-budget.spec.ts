import { describe, expect, it } from '@jest/globals';
import { RetryBudget } from './retry-budget.js';

function budgetAt(percent: number, minPerSecond: number) {
  const clock = { ms: 12_000 };
  const budget = new RetryBudget(
    () => ({ percent, minPerSecond }),
    () => clock.ms,
  );
  const spend = (times: number): number =>
    Array.from({ length: times }, () => budget.withdraw()).filter(Boolean).length;
  return { clock, budget, spend };
}

describe('a retry budget', () => {
  it('allows a share of the requests of the last ten seconds', () => {
    const { clock, budget, spend } = budgetAt(20, 0);
    for (let second = 0; second < 10; second++) {
      for (let i = 0; i < 10; i++) budget.deposit();
      clock.ms += 999;
    }
    expect(spend(100)).toBe(20);
    clock.ms += 1000;
    expect(spend(100)).toBe(0);
    clock.ms += 60_000;
    expect(spend(100)).toBe(0);
    for (let i = 0; i < 50; i++) budget.deposit();
    expect(spend(100)).toBe(10);
  });

  it('allows some a second at any load', () => {
    const { clock, spend } = budgetAt(20, 3);
    expect(spend(100)).toBe(30);
    clock.ms += 10_000;
    expect(spend(100)).toBe(30);
  });

  it('is no limit at 100 percent', () => {
    const { spend } = budgetAt(100, 0);
    expect(spend(1000)).toBe(1000);
  });

  it('never counts what has left the window, however time passes', () => {
    const { clock, budget } = budgetAt(50, 0);
    const requests: number[] = [];
    const retries: number[] = [];
    let seed = 7;
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    const recent = (times: number[]): number => {
      const second = Math.floor(clock.ms / 1000);
      return times.filter((at) => Math.floor(at / 1000) > second - 10).length;
    };
    for (let step = 0; step < 3000; step++) {
      clock.ms += random() < 0.01 ? random() * 15_000 : random() * 200;
      if (random() < 0.6) {
        budget.deposit();
        requests.push(clock.ms);
      } else {
        const allowed = recent(retries) < recent(requests) * 0.5;
        expect(budget.withdraw()).toBe(allowed);
        if (allowed) retries.push(clock.ms);
      }
    }
  });
});

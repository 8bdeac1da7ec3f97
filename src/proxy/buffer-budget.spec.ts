import { describe, expect, it } from '@jest/globals';
import { BufferBudget } from './buffer-budget.js';

describe(BufferBudget.name, () => {
  it('gives up to its limit and no byte more', () => {
    const budget = new BufferBudget(10);
    const [one, other] = [budget.open(), budget.open()];
    one.grow(4);
    other.grow(6);
    expect(budget.held).toBe(10);
    expect(() => one.grow(1)).toThrow(expect.objectContaining({ code: 'buffers_full' }));
    expect(budget.held).toBe(10);
  });

  it('tells of what is expected without taking it', () => {
    const budget = new BufferBudget(10);
    const one = budget.open();
    one.expect(10);
    expect(budget.held).toBe(0);
    expect(() => one.expect(11)).toThrow(expect.objectContaining({ code: 'body_over_budget' }));
    one.grow(5);
    expect(() => one.grow(6)).toThrow(expect.objectContaining({ code: 'body_over_budget' }));
  });

  it('takes back what one request held, once', () => {
    const budget = new BufferBudget(10);
    const [one, other] = [budget.open(), budget.open()];
    one.grow(4);
    one.grow(2);
    other.grow(3);
    one.free();
    one.free();
    expect(budget.held).toBe(3);
    one.grow(7);
    expect(budget.held).toBe(10);
  });

  it('holds nothing of what it refused', () => {
    const budget = new BufferBudget(10);
    const one = budget.open();
    expect(() => one.grow(11)).toThrow();
    one.free();
    expect(budget.held).toBe(0);
  });
});

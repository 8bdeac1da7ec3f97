import { describe, expect, it } from '@jest/globals';
import { exchangeWith } from '../../test/support/message-stub.js';
import { BodyMemory } from './body-memory.js';
import { BufferBudget } from './buffer-budget.js';
import type { Exchange } from './exchange.js';
import { replaceBody } from './replace-body.js';

/** An exchange whose body counts for the budget. */
function exchangeOf(body: Buffer, budget: BufferBudget): Exchange {
  const exchange = exchangeWith();
  const reservation = budget.open();
  reservation.grow(body.length);
  exchange.body = new BodyMemory(body, () => reservation.free());
  return exchange;
}

describe(replaceBody.name, () => {
  it.each([10, 100_000])('makes one body of slices, and gives the old one back (%d)', (length) => {
    const budget = new BufferBudget(1_000_000);
    const sent = Buffer.alloc(length, 'a');
    const exchange = exchangeOf(sent, budget);
    const letGo = exchange.body!.hold();
    const edited = [sent.subarray(0, 4), Buffer.from('new'), sent.subarray(4)];
    const body = replaceBody(exchange, edited, budget);
    expect(body.toString()).toBe(`aaaanew${'a'.repeat(length - 4)}`);
    expect(budget.held).toBe(2 * length + 3);
    letGo();
    expect(budget.held).toBe(length + 3);
    exchange.releaseBody();
    exchange.releaseBody();
    expect(budget.held).toBe(0);
  });

  it('leaves the old body where there is no room for two', () => {
    const budget = new BufferBudget(150);
    const sent = Buffer.alloc(100, 'a');
    const exchange = exchangeOf(sent, budget);
    expect(() => replaceBody(exchange, [sent], budget)).toThrow(
      expect.objectContaining({ code: 'buffers_full' }),
    );
    expect(budget.held).toBe(100);
    exchange.releaseBody();
    expect(budget.held).toBe(0);
  });
});

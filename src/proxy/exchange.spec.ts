import { describe, expect, it } from '@jest/globals';
import { exchangeWith, requestWith } from '../../test/support/message-stub.js';
import { bindExchange, Exchange, exchangeOf } from './exchange.js';

describe(Exchange.name, () => {
  it('ends once, with the first reason', () => {
    const exchange = exchangeWith();
    let calls = 0;
    exchange.whenEnded(() => calls++);
    exchange.whenEnded(() => calls++);
    exchange.end('client_gone');
    exchange.end('timeout');
    expect(calls).toBe(2);
    expect(exchange).toMatchObject({ ended: true, outcome: 'client_gone' });
  });

  it('tells those who ask later at once', () => {
    const exchange = exchangeWith();
    exchange.end('timeout');
    let calls = 0;
    exchange.whenEnded(() => calls++)();
    expect(calls).toBe(1);
  });

  it('does not tell those who took their word back, not even while it tells others', () => {
    const exchange = exchangeWith();
    const told: string[] = [];
    exchange.whenEnded(() => told.push('a'));
    const takeBack = exchange.whenEnded(() => told.push('b'));
    takeBack();
    takeBack();
    exchange.end('timeout');
    expect(told).toEqual(['a']);
  });
});

describe(exchangeOf.name, () => {
  it('finds the exchange of a request, and no other', () => {
    const exchange = exchangeWith();
    bindExchange(exchange);
    expect(exchangeOf(exchange.request)).toBe(exchange);
    expect(() => exchangeOf(requestWith([]))).toThrow(TypeError);
  });
});

import { describe, expect, it } from '@jest/globals';
import { exchangeWith } from '../../test/support/message-stub.js';
import { CallGroup } from './call-group.js';

describe(CallGroup.name, () => {
  it('ends all of its calls once, and those that come too late at once', () => {
    const group = new CallGroup(exchangeWith());
    const ended: string[] = [];
    group.whenEnded(() => ended.push('one'));
    group.whenEnded(() => ended.push('two'))();
    expect([group.ended, ended]).toEqual([false, []]);
    group.end();
    group.end();
    group.whenEnded(() => ended.push('late'));
    expect([group.ended, ended]).toEqual([true, ['one', 'late']]);
  });

  it('ends with its exchange, until it is closed', () => {
    const exchange = exchangeWith();
    const [open, closed] = [new CallGroup(exchange), new CallGroup(exchange)];
    closed.close();
    exchange.end('client_gone');
    expect([open.ended, closed.ended]).toEqual([true, false]);
    expect(new CallGroup(exchange).ended).toBe(true);
  });
});

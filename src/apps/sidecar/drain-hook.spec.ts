import { describe, expect, it } from '@jest/globals';
import { until } from '../../../test/support/raw-client.js';
import { SilentLogger } from '../../logging/silent-logger.js';
import { DrainHook } from './drain-hook.js';

/** A hook, and what it had done to connections so far. */
function make(afterMs: number): { hook: DrainHook; done: string[] } {
  const done: string[] = [];
  const clients = {
    endConnections: () => void done.push('end'),
    closeIdle: () => void done.push('close idle'),
    keepConnections: () => void done.push('keep'),
  };
  return { hook: new DrainHook(clients, new SilentLogger(), afterMs), done };
}

describe('the drain hook', () => {
  it('ends connections, closes idle ones when its time is over, then keeps them', async () => {
    const { hook, done } = make(30);
    const over = hook.run(1);
    expect(done).toEqual(['end']);
    await over;
    expect(done).toEqual(['end', 'close idle']);
    await until(() => done.at(-1) === 'keep');
  });

  it('takes no time where it is given none', async () => {
    const { hook, done } = make(60_000);
    await hook.run(0);
    expect(done).toEqual(['end', 'close idle']);
  });

  it('of several calls keeps connections after the one that lasts longest', async () => {
    const { hook, done } = make(20);
    const long = hook.run(1);
    await hook.run(0);
    await long;
    expect(done).toEqual(['end', 'end', 'close idle', 'close idle']);
    await until(() => done.at(-1) === 'keep');
    expect(done.filter((what) => what === 'keep')).toHaveLength(1);
  });
});

import { describe, expect, it } from '@jest/globals';
import { ConcurrencyLimit, type Leave } from './concurrency-limit.js';

const stays = (): (() => void) => () => undefined;
const limit = (most: number, queue: number, patience = 60_000): ConcurrencyLimit =>
  new ConcurrencyLimit({ most, queue, patience });

describe(ConcurrencyLimit.name, () => {
  it('lets in as many as it may at once, and turns the others away where none may wait', () => {
    const gate = limit(2, 0);
    const [first] = [gate.enter(stays), gate.enter(stays)] as Leave[];
    expect(gate.enter(stays)).toBe('full');
    first!();
    first!();
    expect(typeof gate.enter(stays)).toBe('function');
    expect(gate.enter(stays)).toBe('full');
  });

  it('lets those who wait in, in their order', async () => {
    const gate = limit(1, 2);
    const first = gate.enter(stays) as Leave;
    const order: string[] = [];
    const come = async (name: string): Promise<void> => {
      const leave = await gate.enter(stays);
      order.push(name);
      (leave as Leave)();
    };
    const coming = [come('a'), come('b')];
    expect([gate.queued, gate.enter(stays)]).toEqual([2, 'full']);
    first();
    await Promise.all(coming);
    expect([order, gate.queued]).toEqual([['a', 'b'], 0]);
  });

  it('turns away who has waited too long', async () => {
    const gate = limit(1, 1, 5);
    void gate.enter(stays);
    expect(await gate.enter(stays)).toBe('late');
    expect(gate.queued).toBe(0);
  });

  it('forgets who leaves while waiting', async () => {
    const gate = limit(1, 1);
    const first = gate.enter(stays) as Leave;
    let left = (): void => undefined;
    const waiting = gate.enter((listener) => {
      left = listener;
      return () => undefined;
    });
    left();
    expect([await waiting, gate.queued]).toEqual([undefined, 0]);
    first();
    expect(typeof gate.enter(stays)).toBe('function');
  });

  it('never exceeds its limit, whatever the order of coming and leaving', async () => {
    const gate = limit(3, 100);
    let running = 0;
    let most = 0;
    const one = async (): Promise<void> => {
      const leave = (await gate.enter(stays)) as Leave;
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
      running--;
      leave();
    };
    await Promise.all(Array.from({ length: 100 }, one));
    expect([most, running]).toEqual([3, 0]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { AbortedError } from './engine-error.js';
import { Slots } from './slots.js';

describe(Slots.name, () => {
  const forever = new AbortController().signal;

  it('lets waiting requests in by order of arrival', async () => {
    const slots = new Slots(1);
    const order: number[] = [];
    await slots.acquire(forever);
    const waiting = [1, 2].map((name) => slots.acquire(forever).then(() => order.push(name)));
    expect([slots.running, slots.waiting]).toEqual([1, 2]);
    slots.release();
    await waiting[0];
    expect(order).toEqual([1]);
    slots.release();
    await waiting[1];
    slots.release();
    expect([slots.running, slots.waiting]).toEqual([0, 0]);
  });

  it('forgets a waiting request that is aborted', async () => {
    const slots = new Slots(1);
    await slots.acquire(forever);
    const leaving = new AbortController();
    const waiting = slots.acquire(leaving.signal);
    leaving.abort();
    await expect(waiting).rejects.toThrow(AbortedError);
    slots.release();
    expect([slots.running, slots.waiting]).toEqual([0, 0]);
  });
});

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { HeldPrompts } from './held-prompts.js';

describe(HeldPrompts.name, () => {
  let expired: string[];
  let held: HeldPrompts;
  const { signal } = new AbortController();
  beforeEach(() => {
    jest.useFakeTimers();
    expired = [];
    held = new HeldPrompts(1000, (name) => expired.push(name));
  });
  afterEach(() => {
    held.close();
    jest.useRealTimers();
  });

  it('gives a prompt once', async () => {
    held.hold('a', 7);
    await expect(held.fetch('a', 7, signal)).resolves.toBe(true);
    const leaving = new AbortController();
    const again = held.fetch('a', 7, leaving.signal);
    leaving.abort(new Error('left'));
    await expect(again).rejects.toThrow('left');
  });

  it('gives each prompt of a batch', async () => {
    held.hold('a', 7);
    held.hold('a', 8);
    await expect(held.fetch('a', 8, signal)).resolves.toBe(true);
    await expect(held.fetch('a', 7, signal)).resolves.toBe(true);
  });

  it('lets a decoder wait for what is not computed yet', async () => {
    const fetched = held.fetch('a', 7, signal);
    held.hold('b', 7);
    held.hold('a', 7);
    await expect(fetched).resolves.toBe(true);
  });

  it('says that another prompt has this name, also to those who wait', async () => {
    const waited = held.fetch('a', 7, signal);
    held.hold('a', 8);
    await expect(waited).resolves.toBe(false);
    await expect(held.fetch('a', 7, signal)).resolves.toBe(false);
    await expect(held.fetch('a', 8, signal)).resolves.toBe(true);
  });

  it('forgets who has left, and does not wait for one who left before', async () => {
    const leaving = new AbortController();
    const waited = held.fetch('a', 7, leaving.signal);
    leaving.abort(new Error('left'));
    await expect(waited).rejects.toThrow('left');
    await expect(held.fetch('a', 7, leaving.signal)).rejects.toThrow('left');
    held.hold('a', 7);
    await expect(held.fetch('a', 7, signal)).resolves.toBe(true);
  });

  it('frees what nobody fetches, and says so', async () => {
    held.hold('a', 7);
    held.hold('b', 7);
    await held.fetch('b', 7, signal);
    jest.advanceTimersByTime(999);
    expect(expired).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(expired).toEqual(['a']);
  });
});

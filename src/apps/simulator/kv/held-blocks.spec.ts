import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { promptOfText, type Prompt } from '../engine/prompt.js';
import { HeldBlocks } from './held-blocks.js';

function prompt(text: string): Prompt {
  return promptOfText(text, { model: 'm', salt: '', blockSize: 2 });
}

describe(HeldBlocks.name, () => {
  let expired: string[];
  let held: HeldBlocks;

  beforeEach(() => {
    jest.useFakeTimers();
    expired = [];
    held = new HeldBlocks(2, 1000, (requestId) => expired.push(requestId));
  });

  afterEach(() => {
    held.close();
    jest.useRealTimers();
  });

  it('gives the KV of a prompt once', () => {
    const one = prompt('a prompt of five tokens');
    const ids = held.hold('one', one);
    expect(ids).toHaveLength(3);
    expect(held.fetch('one', ids)).toEqual({ kv: one.kv, isKnownRequest: true });
    expect(held.size).toBe(0);
    expect(held.fetch('one', ids)).toEqual({ kv: undefined, isKnownRequest: false });
  });

  it('reads by block and frees by request, as NIXL does', () => {
    const one = prompt('one');
    const ids = held.hold('one', one);
    expect(held.fetch('unknown', ids)).toEqual({ kv: one.kv, isKnownRequest: false });
    expect(held.size).toBe(1);
  });

  it('gives nothing for blocks of two prompts, or for some of one', () => {
    const ids = held.hold('one', prompt('a prompt of five tokens'));
    const others = held.hold('two', prompt('b'));
    expect(held.fetch('x', [...ids.slice(1), ...others]).kv).toBeUndefined();
    expect(held.fetch('x', ids.slice(1)).kv).toBeUndefined();
  });

  it('frees blocks that nobody fetched, and says so', () => {
    const ids = held.hold('one', prompt('one'));
    jest.advanceTimersByTime(999);
    expect(held.size).toBe(1);
    jest.advanceTimersByTime(1);
    expect(expired).toEqual(['one']);
    expect(held.fetch('one', ids).kv).toBeUndefined();
  });
});

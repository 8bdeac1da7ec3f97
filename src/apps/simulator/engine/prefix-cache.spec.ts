import { describe, expect, it } from '@jest/globals';
import { PrefixCache } from './prefix-cache.js';
import { promptOfText, type Prompt } from './prompt.js';

function prompt(text: string): Prompt {
  return promptOfText(text, { model: 'm', salt: '', blockSize: 2 });
}

describe(PrefixCache.name, () => {
  it('finds the whole blocks that a prompt shares with earlier ones', () => {
    const cache = new PrefixCache(2, 100);
    expect(cache.read(prompt('aaaabbbbccccdddd'))).toBe(0);
    expect(cache.read(prompt('aaaabbbbccccddddeeee'))).toBe(4);
    expect(cache.read(prompt('aaaabbbbcccceeee'))).toBe(2);
    expect(cache.read(prompt('xxxxbbbbccccdddd'))).toBe(0);
  });

  it('leaves the last token of a prompt to be computed', () => {
    const cache = new PrefixCache(2, 100);
    cache.read(prompt('aaaabbbbccccdddd'));
    expect(cache.read(prompt('aaaabbbbccccdddd'))).toBe(2);
  });

  it('forgets what was not used for longest', () => {
    const cache = new PrefixCache(2, 2);
    cache.read(prompt('aaaabbbb+'));
    cache.read(prompt('ccccdddd+'));
    cache.read(prompt('aaaabbbb+'));
    cache.read(prompt('eeeeffff+'));
    expect(cache.read(prompt('ccccdddd+'))).toBe(0);
    expect(cache.read(prompt('eeeeffff+'))).toBe(2);
  });
});

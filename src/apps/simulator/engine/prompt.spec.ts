import { describe, expect, it } from '@jest/globals';
import { promptOfText, promptOfTokenIds, type PromptContext } from './prompt.js';

const CONTEXT: PromptContext = { model: 'm', salt: '', blockSize: 2 };

describe(promptOfText.name, () => {
  it('gives every model and every text its own KV', () => {
    const texts = ['one two three', 'one two thref', 'One two three', 'one two three '];
    const kvs = texts.map((text) => promptOfText(text, CONTEXT).kv);
    kvs.push(promptOfText('one two three', { ...CONTEXT, model: 'n' }).kv);
    expect(new Set(kvs).size).toBe(5);
    expect(kvs.every((kv) => Number.isSafeInteger(kv))).toBe(true);
  });

  it('gives prompts that begin alike the same first blocks', () => {
    const one = promptOfText('the same beginning, one end', CONTEXT);
    const other = promptOfText('the same beginning, another', CONTEXT);
    expect(one.blocks).toHaveLength(3);
    expect(one.blocks.slice(0, 2)).toEqual(other.blocks.slice(0, 2));
    expect(one.blocks[2]).not.toBe(other.blocks[2]);
  });

  it('keeps salted prompts apart in the cache, but not in their KV', () => {
    const plain = promptOfText('some text, long enough', CONTEXT);
    const salted = promptOfText('some text, long enough', { ...CONTEXT, salt: 'salt' });
    expect(salted.kv).toBe(plain.kv);
    expect(salted.blocks[0]).not.toBe(plain.blocks[0]);
  });
});

describe(promptOfTokenIds.name, () => {
  it('reads tokens as the text that they spell', () => {
    const text = promptOfText('some text', CONTEXT);
    expect(promptOfTokenIds(text.ids(), CONTEXT)).toMatchObject({ kv: text.kv, tokens: 3 });
  });
});

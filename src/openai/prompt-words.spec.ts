import { describe, expect, it } from '@jest/globals';
import { readJsonObject } from './json-object.js';
import { PromptReader } from './prompt-words.js';

const reader = new PromptReader((medium) => (medium === 'image' ? 3 : 5));

interface Read {
  readonly text: string;
  readonly words: readonly number[];
  readonly total: number;
  readonly areTokens: boolean;
}

function read(body: unknown, most = 1000): Read {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const { words, count, total, areTokens } = reader.read(readJsonObject(Buffer.from(text)), most);
  const kept = words.slice(0, count);
  const bytes = Buffer.from(kept.buffer, 0, count * 4);
  return { text: bytes.toString().replace(/\0+$/, ''), words: [...kept], total, areTokens };
}

describe(PromptReader.name, () => {
  it('packs four bytes of a prompt into a word', () => {
    const { words, total, areTokens } = read({ model: 'm', prompt: 'abcdefghi' });
    expect(words).toEqual([0x64636261, 0x68676665, 0x69]);
    expect({ total, areTokens }).toEqual({ total: 3, areTokens: false });
  });

  it.each<[string, unknown, string]>([
    ['roles and contents', { messages: [{ role: 'user', content: 'hi' }] }, 'userhi'],
    [
      'parts of text',
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'one' }] }] },
      'userone',
    ],
    [
      'tools first',
      { messages: [{ role: 'user', content: 'hi' }], tools: [{ name: 'f' }] },
      '[{"name":"f"}]userhi',
    ],
    ['a system prompt', { system: 'sys', messages: [{ content: 'hi' }] }, '"sys"hi'],
    ['instructions and input', { input: 'hi', instructions: 'be' }, '"be"hi'],
    ['several prompts', { prompt: ['one', 'two'] }, 'onetwo'],
    ['what was called', { messages: [{ content: null, tool_calls: [{ id: 'c', n: 1 }] }] }, 'c1'],
    ['nothing', { model: 'm' }, ''],
    ['blanks around everything', ' { "prompt" : [ "a" , "b" ] } ', 'ab'],
    ['escapes as they stand', '{"prompt":"a\\"b\\\\"}', 'a\\"b\\\\'],
    ['no empty string', { messages: [{ role: '', content: '' }] }, ''],
  ])('reads %s', (_, body, text) => {
    expect(read(body).text).toBe(text);
  });

  it('takes ids of tokens for words', () => {
    expect(read({ prompt: [1, 22, 333] })).toMatchObject({ words: [1, 22, 333], areTokens: true });
    expect(read({ prompt: [[7], [8, 9]] })).toMatchObject({ words: [7, 8, 9], areTokens: true });
    expect(read({ token_ids: [4_000_000_000] }).words).toEqual([4_000_000_000 | 0]);
    expect(read({ prompt: [1, 2, 3, 4] }, 2)).toMatchObject({ words: [1, 2], areTokens: true });
    expect(read({ prompt: [] })).toMatchObject({ words: [], areTokens: false });
  });

  it('counts what it does not read', () => {
    const { text, total } = read({ prompt: 'x'.repeat(4000) }, 10);
    expect(text).toBe('x'.repeat(40));
    expect(total).toBeGreaterThanOrEqual(1000);
    expect(total).toBeLessThan(1002);
    const many = Array.from({ length: 100 }, () => ({ role: 'user', content: 'y'.repeat(100) }));
    expect(read({ messages: many }, 10).total).toBeGreaterThanOrEqual(2600);
  });

  it('gives media the words of their tokens, made of what they are', () => {
    const messages = (url: string): unknown => [
      { role: 'user', content: [{ type: 'image_url', image_url: { url } }] },
    ];
    const one = read({ messages: messages(`data:${'A'.repeat(20_000)}`) });
    const other = read({ messages: messages(`data:${'A'.repeat(19_999)}B`) });
    expect(one.total).toBe(4);
    expect(one.words[1]).toBe(one.words[3]);
    expect(one.words[1]).not.toBe(other.words[1]);
    const audio = [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }];
    expect(read({ messages: [{ content: audio }] }).total).toBe(5);
  });

  it('reads the beginning of a longer conversation as it read the shorter one', () => {
    const turns = Array.from({ length: 20 }, (_, i) => ({ role: 'user', content: `turn ${i}` }));
    const whole = read({ messages: turns });
    for (let length = 1; length < turns.length; length++) {
      expect(whole.text.startsWith(read({ messages: turns.slice(0, length) }).text)).toBe(true);
    }
  });

  it('never looks at more than it is asked for, whatever the shape', () => {
    const bodies = [
      { prompt: '"\\'.repeat(500) },
      { messages: [{ a: { b: [{ c: 'd'.repeat(99) }, 'e', 1, true, null] } }] },
      { prompt: [1, 2, 'x', [3]] },
      { messages: 'text', input: 3 },
    ];
    for (const body of bodies) {
      const { total, words } = read(body);
      for (let most = 0; most < 40; most++) {
        const cut = read(body, most);
        expect(cut.words.length).toBeLessThanOrEqual(most);
        expect(cut.words).toEqual(words.slice(0, cut.words.length));
        expect(cut.total).toBeGreaterThanOrEqual(Math.min(most, total));
      }
    }
  });
});

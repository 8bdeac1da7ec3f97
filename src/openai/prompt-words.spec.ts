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
    ['messages as they stand', { messages: [{ content: 'hi' }] }, '{"content":"hi"}'],
    [
      'tools first',
      { messages: [{ content: 'hi' }], tools: [{ name: 'f' }] },
      '[{"name":"f"}]{"content":"hi"}',
    ],
    ['a system prompt', { system: 'sys', messages: [{ content: 'hi' }] }, '"sys"{"content":"hi"}'],
    ['instructions and input', { input: 'hi', instructions: 'be' }, '"be"hi'],
    ['several prompts', { prompt: ['one', 'two'] }, '"one","two"'],
    ['nothing', { model: 'm' }, ''],
    ['nothing of a prompt that is none', { prompt: { a: 1 } }, ''],
    ['escapes as they stand', '{"prompt":"a\\"b\\\\"}', 'a\\"b\\\\'],
    ['an empty list', { messages: [] }, ''],
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
    const around = read({ messages: messages('') }).total;
    const one = read({ messages: messages(`data:${'A'.repeat(20_000)}`) });
    const other = read({ messages: messages(`data:${'A'.repeat(19_999)}B`) });
    expect(one.total - around).toBeGreaterThanOrEqual(3);
    expect(one.total - around).toBeLessThan(5);
    const differing = one.words.filter((word, i) => word !== other.words[i]);
    expect([differing.length, new Set(differing).size]).toEqual([3, 1]);
  });

  it('knows the media of all APIs, and no texts about them', () => {
    const data = 'A'.repeat(4000);
    const isReplaced = (part: object): boolean =>
      read({ messages: [{ content: [part] }] }, 5000).total < 900;
    expect(
      [
        { type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } },
        { type: 'image_url', image_url: `data:image/png;base64,${data}` },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data } },
        { type: 'input_audio', input_audio: { format: 'wav', data } },
        { type: 'video_url', video_url: { url: data } },
        { type: 'file', file: { file_data: data } },
        { type: 'text', text: `"image_url":"${data}"` },
        { type: 'text', text: data, image_url: null },
        { type: 'text', image_url: { url: '' }, text: data },
        { type: 'text', image_url: 'short', text: data },
      ].map(isReplaced),
    ).toEqual([true, true, true, true, true, true, false, false, false, false]);
  });

  it('reads texts before media as it does without these', () => {
    const first = { role: 'user', content: 'hello there, what is this?' };
    const image = { content: [{ image_url: { url: `data:${'A'.repeat(999)}` }, text: 'x' }] };
    const { words } = read({ messages: [first] });
    const common = words.length - 1;
    const withImage = read({ messages: [first, image, image] });
    expect(withImage.words.slice(0, common)).toEqual(words.slice(0, common));
    expect(withImage.text.endsWith('"x"}]}')).toBe(true);
    expect(read({ messages: [image, first] }).total).toBeGreaterThan(words.length);
  });

  it('reads the beginning of a longer conversation as it read the shorter one', () => {
    const turns = Array.from({ length: 20 }, (_, i) => ({ role: 'user', content: `turn ${i}` }));
    const whole = read({ messages: turns });
    for (let length = 1; length < turns.length; length++) {
      const { text } = read({ messages: turns.slice(0, length) });
      expect(whole.text.startsWith(text)).toBe(true);
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

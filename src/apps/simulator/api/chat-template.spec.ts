import { describe, expect, it } from '@jest/globals';
import { ApiError } from '../http/api-error.js';
import { messagesOf, renderChat } from './chat-template.js';

const OPTIONS = { addGenerationPrompt: true, continueFinalMessage: false };

describe(renderChat.name, () => {
  it('marks turns and opens the next one', () => {
    const messages = [
      { role: 'system', content: 'be brief' },
      { role: 'user', content: [{ type: 'text', text: 'hi' }, 'there'] },
    ];
    expect(renderChat(messages, OPTIONS)).toBe(
      '<|im_start|>system\nbe brief<|im_end|>\n<|im_start|>user\nhithere<|im_end|>\n<|im_start|>assistant\n',
    );
  });

  it('leaves the last message open to be continued', () => {
    const messages = [{ role: 'assistant', content: 'and' }];
    const options = { addGenerationPrompt: false, continueFinalMessage: true };
    expect(renderChat(messages, options)).toBe('<|im_start|>assistant\nand');
  });

  it('names media by their content', () => {
    const image = (data: string): object => ({ type: 'image_url', image_url: { url: data } });
    const text = (data: string): string =>
      renderChat([{ role: 'user', content: [image(data)] }], OPTIONS);
    expect(text('data:1')).toMatch(/<\|image_url:[0-9a-f]{32}\|>/);
    expect(text('data:1')).not.toBe(text('data:2'));
    expect(text('x'.repeat(100_000))).toHaveLength(text('data:1').length);
  });

  it('tells tools apart by the order of their keys, as templates do', () => {
    const one = renderChat([], { ...OPTIONS, tools: [{ a: 1, b: 2 }] });
    const other = renderChat([], { ...OPTIONS, tools: [{ b: 2, a: 1 }] });
    expect(one).not.toBe(other);
    expect(renderChat([], { ...OPTIONS, tools: [] })).toBe(renderChat([], OPTIONS));
  });
});

describe(messagesOf.name, () => {
  it.each([[['text']], [[{ content: 'no role' }]], [[{ role: 1 }]], [[null]]])(
    'refuses %j',
    (list) => {
      expect(() => messagesOf(list, 'body.messages')).toThrow(ApiError);
    },
  );
});

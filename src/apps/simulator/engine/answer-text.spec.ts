import { describe, expect, it } from '@jest/globals';
import { AnswerText } from './answer-text.js';
import { promptOfText, promptOfTokenIds, type Prompt } from './prompt.js';

const CONTEXT = { model: 'm', salt: '', blockSize: 16 };

const say = (prompt: Prompt, tokens: number, { kv = prompt.kv, seed = '' } = {}): string => {
  const text = new AnswerText(kv, seed, prompt.print());
  return Array.from({ length: tokens }, () => text.next()).join('');
};

describe(AnswerText.name, () => {
  it.each(['', 'a', 'ab', 'abc', 'abcd', 'some text, \u00fc and \u20ac'])(
    'goes on after %j wherever it is cut',
    (start) => {
      const whole = say(promptOfText(start, CONTEXT), 20);
      for (let tokens = 0; tokens <= 20; tokens++) {
        const said = whole.slice(0, 4 * tokens);
        expect(said + say(promptOfText(start + said, CONTEXT), 20 - tokens)).toBe(whole);
      }
    },
  );

  it('is the same for a prompt in tokens', () => {
    for (const text of ['abc', 'abcd', 'abcde']) {
      const prompt = promptOfText(text, CONTEXT);
      expect(say(promptOfTokenIds(prompt.ids(), CONTEXT), 5)).toBe(say(prompt, 5));
    }
  });

  it('depends on the KV and on the seed', () => {
    const prompt = promptOfText('abc', CONTEXT);
    const texts = [say(prompt, 9), say(prompt, 9, { kv: 5 }), say(prompt, 9, { seed: '1' })];
    expect(new Set([...texts, say(prompt, 9, { kv: 6 })]).size).toBe(4);
  });
});

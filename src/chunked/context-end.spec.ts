import { describe, expect, it } from '@jest/globals';
import { isContextEnd } from './context-end.js';

const error = (message: string): Buffer => Buffer.from(JSON.stringify({ error: { message } }));

describe(isContextEnd.name, () => {
  it.each([
    "This model's maximum context length is 4096 tokens. However, your prompt …",
    "Input length (9) exceeds model's maximum context length (8).",
    'max_tokens must be at least 1, got 0. (parameter=max_tokens, value=0)',
  ])('is said by %s', (message) => {
    expect(isContextEnd(400, error(message))).toBe(true);
    expect(isContextEnd(400, Buffer.from(JSON.stringify({ message })))).toBe(true);
    expect(isContextEnd(500, error(message))).toBe(false);
  });

  it.each([
    '{"error":{"message":5}}',
    '{"error":null}',
    'no JSON',
    '',
    '{"error":{"message":"x"}}',
  ])('is not said by %s', (text) => {
    expect(isContextEnd(400, Buffer.from(text))).toBe(false);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { GenerateApi } from './api.js';
import { readJsonObject } from './json-object.js';
import { spliceMembers } from './json-splice.js';
import { cachedTokensEdits, cachedTokensOf } from './usage.js';

const read = (text: string): ReturnType<typeof readJsonObject> => readJsonObject(Buffer.from(text));

const corrected = (api: GenerateApi, text: string, count = 7): string | undefined => {
  const body = read(text);
  const edits = cachedTokensEdits(api, body, count);
  return edits && Buffer.concat(spliceMembers(body, edits)).toString();
};

const CHAT = '{"usage":{"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":5}}}';

describe(cachedTokensOf.name, () => {
  it.each<[GenerateApi, string]>([
    ['chat_completions', CHAT],
    ['completions', CHAT],
    ['generate', CHAT],
    ['responses', '{"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":5}}}'],
    ['messages', '{"usage":{"input_tokens":4,"cache_read_input_tokens":5}}'],
  ])('reads the count of %s where that API keeps it', (api, answer) => {
    expect(cachedTokensOf(api, read(answer))).toBe(5);
  });

  it.each([
    '{}',
    '{"usage":null}',
    '{"usage":[]}',
    '{"usage":{}}',
    '{"usage":{"prompt_tokens_details":null}}',
    '{"usage":{"prompt_tokens_details":{}}}',
    '{"usage":{"prompt_tokens_details":{"cached_tokens":null}}}',
    '{"usage":{"prompt_tokens_details":{"cached_tokens":"5"}}}',
    '{"usage":{"prompt_tokens_details":{"cached_tokens":""}}}',
    '{"usage":{"prompt_tokens_details":{"cached_tokens":-5}}}',
    '{"usage":{"prompt_tokens_details":{"cached_tokens":5.5}}}',
    '{"usage":{"prompt_tokens_details":{"cached_tokens":1e400}}}',
    '{"usage":{"prompt_tokens_details":{"cached_tokens":true}}}',
    '{"usage":{"prompt_tokens_details":{"cached_tokens":[5]}}}',
    '{"cached_tokens":5,"prompt_tokens_details":{"cached_tokens":5}}',
  ])('takes %s for none', (answer) => {
    expect(cachedTokensOf('chat_completions', read(answer))).toBe(0);
  });
});

describe(cachedTokensEdits.name, () => {
  it.each<[GenerateApi, string, string]>([
    [
      'chat_completions',
      '{"id":"x","usage": {"prompt_tokens":9, "prompt_tokens_details": {"audio_tokens":0,"cached_tokens":9}},"z":1.0}',
      '{"id":"x","usage": {"prompt_tokens":9, "prompt_tokens_details": {"audio_tokens":0,"cached_tokens":7}},"z":1.0}',
    ],
    [
      'completions',
      '{"usage":{"prompt_tokens":9,"prompt_tokens_details":null}}',
      '{"usage":{"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":7}}}',
    ],
    [
      'generate',
      '{"usage":{"prompt_tokens":9}}',
      '{"usage":{"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":7}}}',
    ],
    [
      'responses',
      '{"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":9}}}',
      '{"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":7}}}',
    ],
    [
      'responses',
      '{"type":"response.completed","response":{"id":"r","usage":{"input_tokens_details":{"cached_tokens":9}},"x":1}}',
      '{"type":"response.completed","response":{"id":"r","usage":{"input_tokens_details":{"cached_tokens":7}},"x":1}}',
    ],
    [
      'messages',
      '{"usage":{"input_tokens":1,"cache_read_input_tokens":9}}',
      '{"usage":{"input_tokens":1,"cache_read_input_tokens":7}}',
    ],
    [
      'messages',
      '{"type":"message_start","message":{"usage":{"input_tokens":1}}}',
      '{"type":"message_start","message":{"usage":{"input_tokens":1,"cache_read_input_tokens":7}}}',
    ],
    ['messages', '{"usage":{}}', '{"usage":{"cache_read_input_tokens":7}}'],
  ])('puts the count where %s keeps it: %s', (api, text, expected) => {
    expect(corrected(api, text)).toBe(expected);
  });

  it('writes a zero too', () => {
    expect(corrected('chat_completions', CHAT, 0)).toContain('"cached_tokens":0');
  });

  it.each<[GenerateApi, string]>([
    ['chat_completions', '{}'],
    ['chat_completions', '{"usage":null}'],
    ['chat_completions', '{"usage":[1]}'],
    ['chat_completions', '{"response":{"usage":{}}}'],
    ['completions', '{"message":{"usage":{}}}'],
    ['responses', '{"response":{"usage":null}}'],
    ['responses', '{"message":{"usage":{}}}'],
    ['messages', '{"message":null}'],
  ])('leaves %s %s alone', (api, text) => {
    expect(corrected(api, text)).toBeUndefined();
  });

  it('leaves no second usage with another count', () => {
    expect(
      corrected('messages', '{"usage":{"cache_read_input_tokens":1},"usage":{"a":1}}'),
    ).not.toMatch(/cache_read_input_tokens":1/);
  });
});

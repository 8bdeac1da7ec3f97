import { describe, expect, it } from '@jest/globals';
import type { GenerateApi } from '../../openai/api.js';
import { endedEarly } from './ended-early.js';

const choice = (members: string): string => `{"choices":[{"index":0,${members}}]}`;
const STOP = choice('"finish_reason":"stop","stop_reason":null');

describe(endedEarly.name, () => {
  it.each<[string, GenerateApi, string]>([
    ['the end of the sequence', 'chat_completions', STOP],
    ['a stop token', 'completions', choice('"finish_reason":"stop","stop_reason":7')],
    ['the end of the sequence', 'generate', choice('"finish_reason":"stop"')],
    ['the end of the turn', 'messages', '{"stop_reason":"end_turn"}'],
  ])('knows %s (%s)', (_, api, body) => {
    expect(endedEarly(api, Buffer.from(body))).toBe(true);
  });

  it.each<[string, GenerateApi, string]>([
    ['the limit', 'chat_completions', choice('"finish_reason":"length","stop_reason":null')],
    ['the limit', 'messages', '{"stop_reason":"max_tokens"}'],
    ['a stop string', 'completions', choice('"finish_reason":"stop","stop_reason":"."')],
    ['a stop string', 'messages', '{"stop_reason":"stop_sequence"}'],
    ['a word that stands for anything', 'responses', '{"status":"completed"}'],
    ['several answers', 'completions', STOP.replace('}]', '},{"finish_reason":"stop"}]')],
    ['no answer', 'completions', '{"choices":[]}'],
    ['an answer that is null', 'completions', '{"choices":[null]}'],
    ['choices that are none', 'completions', '{"choices":{"0":{"finish_reason":"stop"}}}'],
    ['null', 'messages', 'null'],
    ['no JSON', 'completions', 'data: {}'],
    ['much', 'completions', `${STOP}${' '.repeat(70_000)}`],
  ])('does not take %s for it (%s)', (_, api, body) => {
    expect(endedEarly(api, Buffer.from(body))).toBe(false);
  });
});

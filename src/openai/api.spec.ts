import { describe, expect, it } from '@jest/globals';
import { GENERATE_PATHS, generateApiOf } from './api.js';

describe(generateApiOf.name, () => {
  it.each([
    ['/v1/chat/completions', 'chat_completions'],
    ['/v1/completions', 'completions'],
    ['/v1/responses', 'responses'],
    ['/v1/messages', 'messages'],
    ['/inference/v1/generate', 'generate'],
  ])('knows %s', (path, api) => {
    expect(generateApiOf(path)).toBe(api);
    expect(GENERATE_PATHS).toContain(path);
  });

  it.each([
    '/v1/completions/',
    '//v1/completions',
    '/V1/completions',
    '/v1/%63ompletions',
    '/v1/completions?x',
    '/v1/embeddings',
    '/',
    '',
    'constructor',
  ])('does not take %j for one of them', (path) => {
    expect(generateApiOf(path)).toBeUndefined();
  });
});

import { describe, expect, it } from '@jest/globals';
import { pluginOf } from '../../test/support/scheduling-harness.js';
import { readJsonObject } from '../openai/json-object.js';
import { PARSER_PLUGINS } from './parser-plugins.js';
import { ParserTable, type RequestParser } from './parser-table.js';

const PARSERS = new Map(
  PARSER_PLUGINS.map((each) => [each.type, pluginOf<RequestParser>(each)] as const),
);

function tableOf(...types: readonly string[]): ParserTable {
  return new ParserTable(types.map((type) => PARSERS.get(`${type}-parser`)!));
}

function typeFor(table: ParserTable, path: string): string | undefined {
  const parser = table.parserFor(path);
  return [...PARSERS].find(([, each]) => each === parser)?.[0];
}

function mistake(type: string, path: string, body: string) {
  return PARSERS.get(type)!.mistakeIn(path, readJsonObject(Buffer.from(body)));
}

describe(ParserTable, () => {
  const all = tableOf('openai', 'anthropic', 'vllmhttp', 'sglanghttp', 'passthrough');

  it.each([
    ['/v1/chat/completions', 'openai-parser'],
    ['/v1/completions', 'openai-parser'],
    ['/v1/embeddings', 'openai-parser'],
    ['/v1/responses', 'openai-parser'],
    ['/v1/conversations', 'openai-parser'],
    ['/v1/images/generations', 'openai-parser'],
    ['/v1/chat/completions/render', 'openai-parser'],
    ['/v1/completions/render', 'openai-parser'],
    ['/some/prefix/v1/chat/completions', 'openai-parser'],
    ['/v1/messages', 'anthropic-parser'],
    ['/v1/messages/count_tokens', 'anthropic-parser'],
    ['/inference/v1/generate', 'vllmhttp-parser'],
    ['/generate', 'sglanghttp-parser'],
    ['/v1/generate', 'sglanghttp-parser'],
    ['/v1/models', 'passthrough-parser'],
    ['/v1/nocompletions', 'passthrough-parser'],
    ['/v1/chat/completions/', 'passthrough-parser'],
    ['/', 'passthrough-parser'],
  ])('gives %s to %s', (path, type) => {
    expect(typeFor(all, path)).toBe(type);
  });

  it('takes the longest end, in whatever order parsers are listed', () => {
    for (const table of [tableOf('sglanghttp', 'vllmhttp'), tableOf('vllmhttp', 'sglanghttp')]) {
      expect(typeFor(table, '/inference/v1/generate')).toBe('vllmhttp-parser');
    }
  });

  it('has none for other paths where no parser takes all', () => {
    expect(tableOf('openai').parserFor('/v1/messages')).toBeUndefined();
  });
});

describe('parsers of JSON', () => {
  const chat = '/v1/chat/completions';

  it.each([
    ['a chat', chat, '{"model":"m","messages":[]}', undefined],
    ['a prompt', '/v1/completions', '{"model":"m","prompt":"p"}', undefined],
    ['a prompt without messages', '/v1/completions', '{"model":"m"}', undefined],
    ['no model', chat, '{"messages":[]}', 'model'],
    ['an empty model', chat, '{"model":"","messages":[]}', 'model'],
    ['a number as the model', chat, '{"model":1,"messages":[]}', 'model'],
    ['null as the model', chat, '{"model":null,"messages":[]}', 'model'],
    [
      'a model behind another one that is none',
      chat,
      '{"model":1,"model":"m","messages":[]}',
      undefined,
    ],
    ['no messages', chat, '{"model":"m"}', 'messages'],
    ['messages that are no list', chat, '{"model":"m","messages":"hi"}', 'messages'],
    ['no messages to be rendered', `${chat}/render`, '{"model":"m"}', 'messages'],
  ])('%s', (_, path, body, param) => {
    expect(mistake('openai-parser', path, body)?.param).toBe(param);
  });

  it('wants no model of those who need none, but a good one where there is one', () => {
    expect(mistake('sglanghttp-parser', '/generate', '{"text":"hi"}')).toBeUndefined();
    expect(mistake('openai-parser', '/v1/conversations', '{}')).toBeUndefined();
    expect(mistake('vllmhttp-parser', '/inference/v1/generate', '{}')).toBeUndefined();
    expect(mistake('sglanghttp-parser', '/generate', '{"model":""}')?.param).toBe('model');
  });

  it('names what is missing', () => {
    expect(mistake('openai-parser', chat, '{}')?.message).toBe(
      "Invalid request: missing 'model' in request body.",
    );
  });
});

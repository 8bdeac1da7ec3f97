import { describe, expect, it } from '@jest/globals';
import type { GenerateApi } from './api.js';
import { readJsonObject } from './json-object.js';
import { spliceMembers } from './json-splice.js';
import { limitToOneToken } from './prefill-edits.js';

const limited = (api: GenerateApi, text: string): string => {
  const body = readJsonObject(Buffer.from(text));
  return Buffer.concat(spliceMembers(body, limitToOneToken(api, body))).toString();
};

describe(limitToOneToken.name, () => {
  it.each<[GenerateApi, string, string]>([
    ['chat_completions', '{"m":1}', '{"m":1,"max_tokens":1,"max_completion_tokens":1}'],
    ['completions', '{"m":1}', '{"m":1,"max_tokens":1}'],
    ['messages', '{"m":1}', '{"m":1,"max_tokens":1}'],
    ['responses', '{"m":1}', '{"m":1,"max_output_tokens":1}'],
    ['generate', '{"m":1}', '{"m":1,"sampling_params":{"max_tokens":1}}'],
  ])('adds the limits of %s that are missing, and no others', (api, text, expected) => {
    expect(limited(api, text)).toBe(expected);
  });

  it.each<[GenerateApi, string, string]>([
    [
      'chat_completions',
      '{"max_tokens":50,"max_completion_tokens":null,"min_tokens":9,"n":3}',
      '{"max_tokens":1,"max_completion_tokens":1,"min_tokens":1,"n":1}',
    ],
    [
      'completions',
      '{"n":2,"best_of":4,"max_tokens":16,"max_completion_tokens":16}',
      '{"n":1,"max_tokens":1,"max_completion_tokens":1}',
    ],
    ['messages', '{"max_tokens":16,"min_tokens":2}', '{"max_tokens":1,"min_tokens":1}'],
    [
      'responses',
      '{"max_output_tokens":16,"min_tokens":2,"max_tokens":7}',
      '{"max_output_tokens":1,"min_tokens":1,"max_tokens":7}',
    ],
  ])('sets the limits of %s that the client sent', (api, text, expected) => {
    expect(limited(api, text)).toBe(expected);
  });

  it('edits nothing but limits inside sampling_params', () => {
    expect(
      limited(
        'generate',
        '{"token_ids":[1, 2],"sampling_params": {"temperature":1.0,"max_tokens":50,"min_tokens":2,"best_of":2,"n":2} ,"max_tokens":9}',
      ),
    ).toBe(
      '{"token_ids":[1, 2],"sampling_params": {"temperature":1.0,"max_tokens":1,"min_tokens":1,"n":1} ,"max_tokens":9}',
    );
  });

  it('takes parameters of a transfer out of extra_args, and nothing else', () => {
    expect(
      limited(
        'generate',
        '{"sampling_params":{"extra_args": {"a":1.0, "kv\\u005ftransfer_params":{"remote_host":"evil"} } ,"n":2}}',
      ),
    ).toBe('{"sampling_params":{"extra_args": {"a":1.0 } ,"n":1,"max_tokens":1}}');
    const other = '{"sampling_params":{"extra_args":[{"kv_transfer_params":1}],"max_tokens":1}}';
    expect(limited('generate', other)).toBe(other);
  });

  it.each(['null', '[]', '"x"', '{}', '{ }'])(
    'makes sampling_params limit where the client sent %s',
    (value) => {
      const result = limited('generate', `{"sampling_params":${value}}`);
      expect(JSON.parse(result)).toEqual({ sampling_params: { max_tokens: 1 } });
    },
  );

  it('leaves no second sampling_params without a limit', () => {
    const text = '{"sampling_params":{"max_tokens":5},"sampling_params":{"max_tokens":6,"a":1}}';
    expect(limited('generate', text)).toBe(
      '{"sampling_params":{"max_tokens":1,"a":1},"sampling_params":{"max_tokens":1,"a":1}}',
    );
  });

  it('finds limits whose names are spelled with escapes', () => {
    expect(limited('completions', '{"max\\u005ftokens":50,"b\\u0065st_of":3}')).toBe(
      '{"max\\u005ftokens":1}',
    );
  });

  it('does not touch limits inside other members', () => {
    const inner = '"metadata":{"max_tokens":50,"n":3,"best_of":2}';
    expect(limited('completions', `{${inner}}`)).toBe(`{${inner},"max_tokens":1}`);
  });
});

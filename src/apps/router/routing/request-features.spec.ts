import { describe, expect, it } from '@jest/globals';
import { exchangeWith } from '../../../../test/support/message-stub.js';
import { readJsonObject } from '../../../openai/json-object.js';
import { LazyFeatures } from './request-features.js';

const NAMES = {
  headers: ['x-session-id', 'x-user-id'],
  fields: ['session_params.session_id', 'user', 'session_id'],
};
const features = (body: string | undefined, lines: string[] = []): LazyFeatures => {
  const json = body === undefined ? undefined : readJsonObject(Buffer.from(body));
  return new LazyFeatures(exchangeWith(lines).request, json, NAMES);
};

describe(LazyFeatures.name, () => {
  it.each([
    ['{"prompt":"a\\u0062"}', 'ab'],
    ['{"prompt":["a","b"]}', 'ab'],
    ['{"prompt":[1,2]}', '1,2'],
    ['{"input":"a"}', 'a'],
    ['{"messages":[{"content":"a"},{"content":[{"text":"b"},{"image_url":{}}]},{}]}', 'ab'],
    ['{"messages":"x","prompt":"y"}', 'y'],
    ['{"text":"a"}', 'a'],
    ['{}', ''],
    [undefined, ''],
  ])('finds the text of %j', (body, text) => expect(features(body).text).toBe(text));

  it.each<[string, string | undefined, string[], string | undefined]>([
    ['a header', '{"user":"u"}', ['X-User-Id', 'h'], 'h'],
    ['the first header of the list', '{}', ['X-User-Id', 'b', 'X-Session-Id', 'a'], 'a'],
    ['a nested member', '{"user":"u","session_params":{"session_id":"s"}}', [], 's'],
    ['a member', '{"user":"u"}', [], 'u'],
    ['a number', '{"user":7}', [], '7'],
    ['the next one where one is empty', '{"user":"","session_id":"s"}', [], 's'],
    ['no object', '{"user":{}}', [], undefined],
    ['nothing inside of a prompt', '{"prompt":"\\"user\\":\\"x\\""}', [], undefined],
    ['nothing of a body that is none', undefined, [], undefined],
  ])('takes for the session key %s', (_what, body, lines, key) => {
    expect(features(body, lines).sessionKey).toBe(key);
  });
});

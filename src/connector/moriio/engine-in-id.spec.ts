import { describe, expect, it } from '@jest/globals';
import { readJsonObject } from '../../openai/json-object.js';
import { namesEngine } from './engine-in-id.js';

const AT = 'host:10.9.9.9,handshake:6301,notify:61005';
const BOTH = `___prefill_addr_${AT}___decode_addr_${AT}_0123456789abcdef0123456789abcdef`;
const object = (text: string) => readJsonObject(Buffer.from(text));

describe(namesEngine.name, () => {
  it.each([
    [BOTH, '{}'],
    [`x___decode_addr_${AT}_0123456789abcdef0123456789abcdef`, '{}'],
    ['u', JSON.stringify({ request_id: BOTH })],
    ['u', JSON.stringify({ request_id: BOTH }).replaceAll('_', '\\u005F')],
    ['u', JSON.stringify({ request_id: BOTH }).replaceAll('addr', '\\u0061ddr')],
    ['u', `{"r\\u0065quest_id":"${BOTH}","request_id":"y"}`],
  ])('sees an address in %j and %s', (id, body) => {
    expect(namesEngine(id, object(body))).toBe(true);
  });

  it.each([
    ['u', '{}'],
    ['cmpl-foo___addr_1', '{"request_id":"mine"}'],
    ['u', `{"prompt":"${BOTH}","user":"${BOTH}"}`],
  ])('sees none in %j and %s', (id, body) => {
    expect(namesEngine(id, object(body))).toBe(false);
  });
});

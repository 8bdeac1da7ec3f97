import { describe, expect, it } from '@jest/globals';
import { readJsonObject } from '../../openai/json-object.js';
import { ecNixl } from './ec-nixl.connector.js';

describe('ec-nixl', () => {
  const read = (...answers: string[]): [unknown, readonly number[]] => {
    const { edits, silent } = ecNixl.read(answers.map((text) => readJsonObject(Buffer.from(text))));
    expect([...edits.keys()]).toEqual(['ec_transfer_params']);
    return [edits.get('ec_transfer_params'), silent];
  };
  const answer = (params: string): string => `{"id":"x", "ec_transfer_params": ${params} }`;

  it('puts together what all answers tell, each value as it was spelled', () => {
    const big = '{ "size_bytes" : 12345678901234567890, "shape":[1.0] }';
    expect(read(answer(`{ "a": ${big} , "b":{}}`), answer('{"c":1}'))).toEqual([
      ...[`{"a": ${big},"b":{},"c":1}`, []],
    ]);
  });

  it('lets the last one that tells of a hash count, however it spells it', () => {
    expect(read(answer('{"a":1,"b":2,"a":3}'), answer('{"\\u0062":4}'))).toEqual([
      ...['{"a":3,"\\u0062":4}', []],
    ]);
    expect(read('{"ec_transfer_params":{"a":1},"ec_transfer_params":{"b":2}}')[0]).toBe('{"b":2}');
  });

  it.each(['null', '{}', '[]', '"x"', '5'])('does without %s', (params) => {
    expect(read(answer(params), answer('{"a":1}'), '{}')).toEqual(['{"a":1}', [0, 2]]);
    expect(read(answer(params))).toEqual([undefined, [0]]);
  });

  it.each(['"a\nb"', '"\\x"', '"\u0000"'])('hands on no text that is no JSON: %j', (text) => {
    expect(read(answer(`{"a":${text}}`), answer('{"b":1}'))).toEqual(['{"b":1}', [0]]);
  });

  it('takes out what a client says where nothing was encoded', () => {
    expect(read()).toEqual([undefined, []]);
  });
});

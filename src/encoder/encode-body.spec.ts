import { describe, expect, it } from '@jest/globals';
import type { GenerateApi } from '../openai/api.js';
import { readJsonObject } from '../openai/json-object.js';
import { encodeBodies } from './encode-body.js';

const encode = (body: string, api: GenerateApi = 'chat_completions', item = '{"x":1}'): string =>
  Buffer.concat(encodeBodies(api, readJsonObject(Buffer.from(body)))(Buffer.from(item))).toString();
const ITEM = '[{"role":"user","content":[{"x":1}]}]';

describe(encodeBodies.name, () => {
  it('puts an item in the place of all messages and leaves other bytes alone', () => {
    expect(encode(' {"a":1e3 , "messages" : [{"content":"long"}],"b":[1.0]}\n')).toBe(
      ` {"a":1e3 , "messages" : ${ITEM},"b":[1.0],"max_tokens":1,"stream":false}\n`,
    );
    expect(encode('{"messages":[1],"m\\u0065ssages":[2],"stream":true,"max_tokens":5}')).toBe(
      `{"messages":${ITEM},"m\\u0065ssages":${ITEM},"stream":false,"max_tokens":1}`,
    );
  });

  it('caps what stands there and takes out what is not for encoders', () => {
    const more =
      '"max_completion_tokens":5,"min_tokens":2,"n":3,"best_of":4,"cache_hit_threshold":0.5,' +
      '"kv_transfer_params":{},"ec_transfer_params":{},"stream_options":{},"max_tokens":9,"stream":true';
    expect(encode(`{"messages":[],${more}}`)).toBe(
      `{"messages":${ITEM},"max_completion_tokens":1,"min_tokens":1,"n":1,"cache_hit_threshold":0,"max_tokens":1,"stream":false}`,
    );
  });

  it('asks for no continuation of a message that is not there', () => {
    const more = '"continue_final_message":true,"add_generation_prompt":false,"max_tokens":9';
    expect(encode(`{"messages":[],${more},"stream":false,"max_completion_tokens":9}`)).toBe(
      `{"messages":${ITEM},"max_tokens":1,"stream":false,"max_completion_tokens":1}`,
    );
  });

  it.each([
    ['messages', '{"messages":[]}', `{"messages":${ITEM},"max_tokens":1,"stream":false}`],
    [
      'responses',
      '{"input":[],"conversation":"c","background":true,"previous_response_id":"r"}',
      `{"input":${ITEM},"max_output_tokens":1,"stream":false}`,
    ],
  ] as const)('does the same for %s', (api, body, expected) => {
    expect(encode(body, api)).toBe(expected);
  });

  it('makes a body for each item, without copying one', () => {
    const bytes = Buffer.from('{"messages":[],"a":1}');
    const bodyOf = encodeBodies('chat_completions', readJsonObject(bytes));
    const items = [Buffer.from('{"x":1}'), Buffer.from('{"y":2}')];
    for (const item of items) expect(bodyOf(item)).toContain(item);
    expect(bodyOf(items[0]!)[0]!.buffer).toBe(bytes.buffer);
  });
});

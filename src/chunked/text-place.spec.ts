import { describe, expect, it } from '@jest/globals';
import { readJsonObject } from '../openai/json-object.js';
import { findTextPlace } from './text-place.js';

/** @returns the body with `TEXT` as the text of the answer */
const place = (text: string): string => {
  const bytes = Buffer.from(text);
  const found = findTextPlace(readJsonObject(bytes));
  if (typeof found === 'string') return found;
  const { at, before, after } = found;
  return `${bytes.toString('utf8', 0, at)}${before}TEXT${after}${bytes.toString('utf8', at)}`;
};
const ADDED = '{"role":"assistant","content":"TEXT"}';
const OPEN = '"continue_final_message":true';

describe(findTextPlace.name, () => {
  it.each([
    ['{"messages":[{"role":"user"}]}', `{"messages":[{"role":"user"},${ADDED}]}`],
    ['{"messages":[1 , {"role":"user"}\n]}', `{"messages":[1 , {"role":"user"},${ADDED}\n]}`],
    [
      '{"add_generation_prompt":true,"continue_final_message":false,"messages":[{}]}',
      `{"add_generation_prompt":true,"continue_final_message":false,"messages":[{},${ADDED}]}`,
    ],
    [
      `{${OPEN},"messages":[{"content":"\u00e9\\"","role":"assistant"}]}`,
      `{${OPEN},"messages":[{"content":"\u00e9\\"TEXT","role":"assistant"}]}`,
    ],
    [
      `{${OPEN},"messages":[{"role":"assistant","content":[{"text":"a","type":"text"} ]}]}`,
      `{${OPEN},"messages":[{"role":"assistant","content":[{"text":"aTEXT","type":"text"} ]}]}`,
    ],
  ])('is the end of %s', (text, expected) => {
    expect(place(text)).toBe(expected);
  });

  it.each([
    '{}',
    '{"messages":[]}',
    '{"messages":["x"]}',
    '{"messages":{"role":"user"}}',
    '{"messages":[{"role":"assistant","content":"x"}]}',
    '{"messages":[{"role":"user"}],"add_generation_prompt":false}',
    '{"messages":[{"role":"user"}],"continue_final_message":"yes"}',
    `{"messages":[{"role":"user","content":"x"}],${OPEN}}`,
    `{"messages":[{"role":"assistant"}],${OPEN}}`,
    `{"messages":[{"role":"assistant","content":null}],${OPEN}}`,
    `{"messages":[{"role":"assistant","content":[{"type":"image_url"}]}],${OPEN}}`,
  ])('is nowhere in %s', (text) => {
    expect(place(text)).not.toContain('TEXT');
  });
});

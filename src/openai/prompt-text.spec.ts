import { describe, expect, it } from '@jest/globals';
import { readJsonObject } from './json-object.js';
import { promptText } from './prompt-text.js';

const textOf = (body: string, most = 1000): string =>
  promptText(readJsonObject(Buffer.from(body)), most);
const spelled = (text: string): string =>
  Buffer.from(JSON.stringify(text).slice(1, -1)).toString('latin1');

describe(promptText.name, () => {
  it.each([
    ['{"prompt":"a"}', 'a'],
    ['{"prompt":["a", "b"]}', 'ab'],
    ['{"prompt":[1,2]}', '1,2'],
    ['{"prompt":[[1,2],[3]]}', '[1,2],[3]'],
    ['{"prompt":[]}', ''],
    ['{"prompt":7,"input":"a"}', 'a'],
    ['{"input":[{"role":"user","content":"a"},{"type":"text","text":"b"}]}', 'ab'],
    ['{"messages":[{"content":"a"},{"content":[{"text":"b"},{"image_url":{}}]},{}]}', 'ab'],
    ['{"messages":[ {"content":null,"text":"a"} , {"content":"b"} ]}', 'ab'],
    ['{"messages":"x","prompt":"y"}', 'y'],
    ['{"messages":[],"prompt":"y"}', ''],
    ['{"text":"a"}', 'a'],
    ['{}', ''],
  ])('finds the text of %j', (body, text) => expect(textOf(body)).toBe(text));

  it.each([
    ['"\\u0062\\/\\u00ef"', 'b/ï'],
    ['"a\\n\\"b\\" naïve 😀"', 'a\n"b" naïve 😀'],
    ['"\\ud83d\\ude00"', '😀'],
    ['"a\\\\u0062"', 'a\\u0062'],
    ['"\\u001F"', '\u001f'],
  ])('spells %s as any other sender of the text', (json, text) => {
    expect(textOf(`{"prompt":${json}}`)).toBe(spelled(text));
    expect(textOf(`{"prompt":["x",${json},"y"]}`)).toBe(spelled(`x${text}y`));
    expect(textOf(`{"prompt":["\\u0061",${json}]}`)).toBe(spelled(`a${text}`));
  });

  it('looks at no more than is wanted', () => {
    expect(textOf('{"prompt":"abcdef"}', 3)).toBe('abc');
    expect(textOf('{"prompt":["ab","cd","ef"]}', 3)).toBe('abc');
    expect(textOf('{"prompt":"ab\\u0063"}', 4)).toBe('ab\\u');
  });

  it('takes texts that are longer than any before', () => {
    const long = 'x'.repeat(200_000);
    expect(textOf(`{"prompt":["${long}","${long}"]}`, 1e6)).toBe(long + long);
  });
});

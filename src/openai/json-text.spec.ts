import { describe, expect, it } from '@jest/globals';
import { findMember, readJsonObject } from './json-object.js';
import { textBytes } from './json-text.js';

const read = (value: string): string | undefined => {
  const object = readJsonObject(Buffer.from(`{"a":${value}}`));
  return textBytes(object, findMember(object, 'a')!)?.toString();
};

describe(textBytes.name, () => {
  it.each([
    ['"plain"', 'plain'],
    ['""', ''],
    ['"a\\/b\\u00e9\\n"', 'a/bé\n'],
    ['"ünï"', 'ünï'],
    ['"bad \\x"', 'bad \\x'],
    ['5', undefined],
    ['null', undefined],
    ['["a"]', undefined],
  ])('reads %s', (value, expected) => {
    expect(read(value)).toBe(expected);
  });
});

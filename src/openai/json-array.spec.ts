import { describe, expect, it } from '@jest/globals';
import { arbitraryJson, seededRandom } from '../../test/support/arbitrary-json.js';
import { elementsOf } from './json-array.js';

const split = (text: string): string[] => {
  const bytes = Buffer.from(text);
  return [...elementsOf(bytes, 0, bytes.length)].map(({ start, end }) =>
    bytes.toString('utf8', start, end),
  );
};

describe(elementsOf.name, () => {
  it.each([
    ['[]', []],
    ['[ ]', []],
    ['[1]', ['1']],
    ['[ 1 ,\n"a,b" , [2,[3]],{"c":[4,5]} ]', ['1', '"a,b"', '[2,[3]]', '{"c":[4,5]}']],
    ['["]","\\"]","\\\\",""]', ['"]"', '"\\"]"', '"\\\\"', '""']],
    ['{"a":[1]}', []],
    ['"[1]"', []],
    ['null', []],
  ])('finds the elements of %s', (text, expected) => {
    expect(split(text)).toEqual(expected);
  });

  it('finds the elements of any array', () => {
    const random = seededRandom(11);
    for (let round = 0; round < 500; round++) {
      const elements = Array.from({ length: Math.floor(random() * 5) }, () =>
        arbitraryJson(random),
      );
      expect(split(`[ ${elements.join(' ,\n')}]`)).toEqual(elements);
    }
  });
});

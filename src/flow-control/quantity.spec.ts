import { describe, expect, it } from '@jest/globals';
import { parseQuantity } from './quantity.js';

describe(parseQuantity.name, () => {
  it.each([
    ['0', 0],
    ['5000', 5000],
    ['+7', 7],
    ['1G', 1e9],
    ['512Mi', 512 * 2 ** 20],
    ['1.5k', 1500],
    ['.5Ki', 512],
    ['0.1G', 1e8],
    ['1e3', 1000],
    ['12E2', 1200],
    ['1E', undefined],
    ['1500m', 2],
    ['1n', 1],
    ['2.', 2],
  ])('reads %s as %p', (text, whole) => {
    expect(parseQuantity(text)).toBe(whole);
  });

  it.each([
    '',
    '-1',
    '1g',
    '1KB',
    '1 G',
    'Mi',
    '1e',
    '0x10',
    'Infinity',
    '9007199254740993',
    '1Gi ',
    '1e400',
  ])('refuses %j', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });
});

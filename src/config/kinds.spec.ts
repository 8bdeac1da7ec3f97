import { describe, expect, it } from '@jest/globals';
import { readValue } from './given.js';
import * as kinds from './kinds.js';

const port = kinds.port();
const names = kinds.listOf(kinds.oneOf(['a', 'b'], ['c']));

const ACCEPTED: [string, kinds.Kind<unknown>, unknown, unknown][] = [
  ...['true', 't', 'T', 'TRUE', 'True', '1'].map(
    (text): [string, kinds.Kind<unknown>, unknown, unknown] => [
      'boolean',
      kinds.boolean(),
      text,
      true,
    ],
  ),
  ...['false', 'f', 'F', 'FALSE', 'False', '0'].map(
    (text): [string, kinds.Kind<unknown>, unknown, unknown] => [
      'boolean',
      kinds.boolean(),
      text,
      false,
    ],
  ),
  ['boolean', kinds.boolean(), false, false],
  ['text', kinds.text(), '', ''],
  ['text', kinds.text(), 'a=b', 'a=b'],
  ['port', port, '8000', 8000],
  ['port', port, 65_535, 65_535],
  ['port from 0', kinds.port(0), '0', 0],
  ['integer', kinds.integer(-1), '-1', -1],
  ['fraction', kinds.fraction(), '0.25', 0.25],
  ['fraction', kinds.fraction(), 1, 1],
  ['duration', kinds.duration(), '1m30s', 90_000],
  ['duration', kinds.duration(), 0, 0],
  ['byte size', kinds.byteSize(), '64MiB', 67_108_864],
  ['byte size', kinds.byteSize(), 1024, 1024],
  ['choice', kinds.oneOf(['a', 'b']), 'b', 'b'],
  ['list', names, 'a, b,', ['a', 'b']],
  ['list', names, '', []],
  ['list', names, ['b'], ['b']],
];

const REFUSED: [string, kinds.Kind<unknown>, unknown, string][] = [
  ['boolean', kinds.boolean(), 'yes', 'expected true or false, got "yes"'],
  ['boolean', kinds.boolean(), '', 'expected true or false, got ""'],
  ['boolean', kinds.boolean(), 1, 'expected true or false, got 1'],
  ['port', port, 'abc', 'expected a port from 1 to 65535, got "abc"'],
  ['port', port, '0', 'expected a port from 1 to 65535, got "0"'],
  ['port', port, '65536', 'expected a port from 1 to 65535, got "65536"'],
  ['port', port, '80.5', 'expected a port from 1 to 65535, got "80.5"'],
  ['port', port, '0x50', 'expected a port from 1 to 65535, got "0x50"'],
  ['port', port, '', 'expected a port from 1 to 65535, got ""'],
  ['port', port, null, 'expected a port from 1 to 65535, got null'],
  ['integer', kinds.integer(), '-1', 'expected a whole number of at least 0, got "-1"'],
  ['integer', kinds.integer(0, 9), '10', 'expected a whole number from 0 to 9, got "10"'],
  ['fraction', kinds.fraction(), '1.5', 'expected a number from 0 to 1, got "1.5"'],
  ['duration', kinds.duration(), '30', 'such as 50ms, 2s or 1m30s'],
  ['duration', kinds.duration(), 30, 'such as 50ms, 2s or 1m30s'],
  ['duration', kinds.duration(), '600h', 'of at most 596h'],
  ['byte size', kinds.byteSize(), '64MB', 'such as 65536, 512KiB or 64MiB'],
  ['byte size', kinds.byteSize(), 0, 'of at least 1'],
  ['choice', kinds.oneOf(['a', 'b']), 'x', 'expected one of a, b, got "x"'],
  [
    'planned choice',
    kinds.oneOf(['a', 'b'], ['c']),
    'c',
    'c is not supported by this version yet; give one of a, b',
  ],
  ['list', names, 'a,x', 'expected a list of a, b, got "a,x"'],
  ['list', names, 'a,c', 'c is not supported by this version yet; give one of a, b'],
];

describe('kinds of values', () => {
  it.each(ACCEPTED)('%s: %#', (_, kind, raw, value) => {
    expect(readValue(kind, raw, '--flag')).toEqual(value);
  });

  it.each(REFUSED)('%s refused: %#', (_, kind, raw, message) => {
    expect(() => readValue(kind, raw, '--flag')).toThrow(message);
    expect(() => readValue(kind, raw, '--flag')).toThrow(/^--flag: /);
  });
});

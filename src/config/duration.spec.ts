import { describe, expect, it } from '@jest/globals';
import { LONGEST_DURATION, parseDuration } from './duration.js';

describe(parseDuration.name, () => {
  it.each([
    ['0', 0],
    ['0s', 0],
    ['50ms', 50],
    ['2s', 2_000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['1.s', 1_000],
    ['1h2m3s4ms', 3_723_004],
    ['1500us', 2],
    ['1500µs', 2],
    ['1500μs', 2],
    ['1ns', 1],
    [`${LONGEST_DURATION}ms`, LONGEST_DURATION],
  ])('reads %s as %d ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(['', '5', '1.5', '-1s', '+1s', '1 s', '1d', 's', '1s ', '1sm', '.s', '597h', '1e3ms'])(
    'refuses %j',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
});

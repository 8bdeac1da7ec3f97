import { describe, expect, it } from '@jest/globals';
import { parseByteSize } from './byte-size.js';

describe(parseByteSize.name, () => {
  it.each([
    ['0', 0],
    ['65536', 65_536],
    ['64KiB', 65_536],
    ['64 KiB', 65_536],
    ['64kib', 65_536],
    ['256MiB', 268_435_456],
    ['1Gi', 1_073_741_824],
    ['1TiB', 1_099_511_627_776],
  ])('reads %s as %d bytes', (text, bytes) => {
    expect(parseByteSize(text)).toBe(bytes);
  });

  it.each(['', '-1', '1.5MiB', '64MB', '64M', 'MiB', '1e6', '9007199254740993', '9999999TiB'])(
    'refuses %j',
    (text) => {
      expect(parseByteSize(text)).toBeUndefined();
    },
  );
});

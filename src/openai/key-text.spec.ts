import { describe, expect, it } from '@jest/globals';
import { keyText } from './key-text.js';

function read(bytes: Buffer): string {
  // In the middle of other bytes, as keys stand.
  const around = Buffer.concat([Buffer.from('{"'), bytes, Buffer.from('":1}')]);
  return keyText(around, 2, 2 + bytes.length);
}

describe(keyText.name, () => {
  it.each(['', 'a', 'model', 'max_completion_tokens', 'x'.repeat(32), 'x'.repeat(33), 'schlüssel'])(
    'reads %j, again and again',
    (key) => {
      for (let i = 0; i < 3; i++) expect(read(Buffer.from(key))).toBe(key);
    },
  );

  it('reads thousands of keys that share its places', () => {
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 5000; i++) expect(read(Buffer.from(`key${i}`))).toBe(`key${i}`);
    }
  });

  it('takes no bytes for a key that they are not', () => {
    // One byte and one replacement character each.
    const broken = Buffer.from([0x6d, 0xff]);
    const other = Buffer.from([0x6d, 0xfe]);
    expect(read(broken)).toBe(broken.toString('utf8'));
    expect(read(other)).toBe(other.toString('utf8'));
    expect(read(Buffer.from('m\u00ff', 'latin1'))).toBe('m\ufffd');
  });
});

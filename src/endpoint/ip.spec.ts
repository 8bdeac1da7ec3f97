import { describe, expect, it } from '@jest/globals';
import { canonicalIp } from './ip.js';

describe(canonicalIp.name, () => {
  it.each([
    ['10.1.0.10', '10.1.0.10'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0000::0001', '2001:db8::1'],
    ['::ffff:10.1.0.10', '10.1.0.10'],
    ['::FFFF:0a01:000a', '10.1.0.10'],
    ['::1', '::1'],
  ])('spells %s as %s', (text, spelling) => {
    expect(canonicalIp(text)).toBe(spelling);
  });

  it.each([
    '',
    'localhost',
    '10.1.0',
    '010.1.0.10',
    '0x0a010010',
    '167837706',
    '[::1]',
    'fe80::1%eth0',
    '10.1.0.10 ',
  ])('takes %j for no address', (text) => {
    expect(canonicalIp(text)).toBeUndefined();
  });
});

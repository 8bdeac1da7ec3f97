import { describe, expect, it } from '@jest/globals';
import { clientAddress } from './client-address.js';

describe(clientAddress.name, () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8::1', '2001:db8::1'],
    [undefined, 'unknown'],
  ])('tells %j as %j', (remoteAddress, expected) => {
    expect(clientAddress({ socket: { remoteAddress } })).toBe(expected);
  });
});

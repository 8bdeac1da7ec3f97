import { describe, expect, it } from '@jest/globals';
import { isForeign } from './local-host.js';

describe(isForeign.name, () => {
  it.each([
    undefined,
    'localhost',
    'localhost:29000',
    '127.0.0.1:29000',
    '[::1]:29000',
    'a.localhost',
  ])('lets %s in', (host) => {
    expect(isForeign(host)).toBe(false);
  });

  it.each([
    'evil.example',
    'evil.example:29000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    '',
  ])('keeps %j out', (host) => {
    expect(isForeign(host)).toBe(true);
  });
});

import { describe, expect, it } from '@jest/globals';
import { connectionTokens, isHopByHop } from './hop-by-hop.js';

describe(isHopByHop.name, () => {
  it.each([
    'connection',
    'keep-alive',
    'proxy-authenticate',
    'proxy-authorization',
    'proxy-connection',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'http2-settings',
  ])('is true for %s', (name) => {
    expect(isHopByHop(name)).toBe(true);
  });

  it.each(['content-length', 'host', 'authorization', 'cookie', 'x-connection', '', 'date'])(
    'is false for %j',
    (name) => {
      expect(isHopByHop(name)).toBe(false);
    },
  );
});

describe(connectionTokens.name, () => {
  it.each([
    ['', []],
    ['close', ['close']],
    [' Close ,\tX-Foo,,x-bar,', ['close', 'x-foo', 'x-bar']],
    [',', []],
  ])('splits %j', (value, tokens) => {
    expect(connectionTokens(value)).toEqual(tokens);
  });
});

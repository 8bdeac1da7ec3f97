import { describe, expect, it } from '@jest/globals';
import { suggestion } from './suggestion.js';

const NAMES = ['port', 'metrics-port', 'kv-connector', 'connector', 'secure-proxy', 'v'];

describe(suggestion.name, () => {
  it.each([
    ['prot', 'port'],
    ['metric-port', 'metrics-port'],
    ['kvconnector', 'kv-connector'],
    ['secure-prxoy', 'secure-proxy'],
    ['conector', 'connector'],
  ])('takes %s for %s', (word, meant) => {
    expect(suggestion(word, NAMES)).toBe(meant);
  });

  it('suggests nothing that is far away', () => {
    expect(suggestion('inference', NAMES)).toBeUndefined();
  });
});

import { describe, expect, it } from '@jest/globals';
import { randomOf } from '../../../test/support/random-pods.js';
import { hashText } from './hash.js';
import { WideMap } from './wide-map.js';

describe(WideMap.name, () => {
  it('does what a map does, before and after it is parted', () => {
    const random = randomOf(7);
    const map = new WideMap<number>();
    const oracle = new Map<number, number>();
    for (let step = 0; step < 40_000; step++) {
      const key = hashText(String(Math.floor(random() * 12_000)));
      if (random() < 0.7) {
        map.set(key, step);
        oracle.set(key, step);
      } else {
        map.delete(key);
        oracle.delete(key);
      }
      if (step % 1000 === 0) expect(map.size).toBe(oracle.size);
    }
    expect(map.size).toBe(oracle.size);
    const keys = Array.from({ length: 12_000 }, (_, i) => hashText(String(i)));
    expect(keys.map((key) => map.get(key))).toEqual(keys.map((key) => oracle.get(key)));
  });

  it('takes negative numbers and those above 2^32', () => {
    const map = new WideMap<string>();
    map.set(-5, 'negative');
    map.set(2 ** 52 + 1, 'great');
    expect([map.get(-5), map.get(2 ** 52 + 1), map.get(5), map.get(1)]).toEqual([
      'negative',
      'great',
      undefined,
      undefined,
    ]);
  });
});

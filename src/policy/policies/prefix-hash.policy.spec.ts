import { describe, expect, it } from '@jest/globals';
import { endpoints, requestOf } from '../../../test/support/policy-harness.js';
import { randomOf } from '../../../test/support/random-pods.js';
import { PrefixHashPolicy } from './prefix-hash.policy.js';

const options = { prefixTokenCount: 256, prefixLoadFactor: 1.25 };

describe(PrefixHashPolicy.name, () => {
  it('sends texts that begin alike to one endpoint', () => {
    const sut = new PrefixHashPolicy(options);
    const all = endpoints(20);
    const homes = new Set<number>();
    for (let i = 0; i < 30; i++) {
      const beginning = String(i).padEnd(1024, '.');
      const first = sut.choose(all, requestOf(`s${i}`, `${beginning}one`));
      expect(sut.choose(all, requestOf(undefined, `${beginning}another`))).toEqual(first);
      expect(first.reason).toBe('hash of prefix');
      homes.add(first.index);
    }
    expect(homes.size).toBeGreaterThan(10);
  });

  it('tells texts apart that differ within the tokens that count', () => {
    const sut = new PrefixHashPolicy({ ...options, prefixTokenCount: 2 });
    const all = endpoints(50);
    const homeOf = (text: string): number => sut.choose(all, requestOf(undefined, text)).index;
    expect(homeOf('12345678a')).toBe(homeOf('12345678b'));
    expect(
      new Set(['a', 'b', 'c', 'd', 'e'].map((end) => homeOf(`1234567${end}`))).size,
    ).toBeGreaterThan(1);
  });

  it('gives nobody more than the bound', () => {
    const random = randomOf(12);
    const sut = new PrefixHashPolicy(options);
    const all = endpoints(8);
    let total = 0;
    for (let i = 0; i < 5000; i++) {
      // Most requests begin alike: without a bound one endpoint gets them all.
      const text = random() < 0.8 ? 'popular' : `rare ${i}`;
      const chosen = all[sut.choose(all, requestOf(undefined, text)).index]!;
      expect(chosen.load).toBeLessThanOrEqual(((total + 1) / all.length) * 1.25);
      chosen.load++;
      total++;
      const done = all[Math.floor(random() * all.length)]!;
      if (done.load > 0 && total > 100) {
        done.load--;
        total--;
      }
    }
  });

  it('goes on to the same next one, and comes back', () => {
    const sut = new PrefixHashPolicy(options);
    const all = endpoints(6);
    const request = requestOf(undefined, 'popular');
    const first = sut.choose(all, request).index;
    all[first]!.load = 50;
    const next = sut.choose(all, request);
    expect(next.index).not.toBe(first);
    expect(next.reason).toBe('hash of prefix, first is loaded');
    expect(sut.choose(all, request)).toEqual(next);
    all[first]!.load = 0;
    expect(sut.choose(all, request).index).toBe(first);
  });

  it('takes the least loaded one for no text, and where loads are beyond measure', () => {
    const sut = new PrefixHashPolicy(options);
    const all = endpoints(3);
    all[0]!.load = all[2]!.load = 1;
    expect(sut.choose(all, requestOf('alice')).index).toBe(1);
    for (const load of [Infinity, NaN]) {
      for (const each of all) each.load = load;
      expect(all[sut.choose(all, requestOf(undefined, 'text')).index]).toBeDefined();
    }
  });
});

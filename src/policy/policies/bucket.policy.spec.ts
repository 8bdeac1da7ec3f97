import { describe, expect, it } from '@jest/globals';
import {
  endpoints,
  FakeTools,
  requestOf,
  type Endpoint,
} from '../../../test/support/policy-harness.js';
import { randomOf } from '../../../test/support/random-pods.js';
import { bucket, BucketPolicy } from './bucket.policy.js';

const textOf = (length: number): string => 'x'.repeat(length);

function homeOf(sut: BucketPolicy, all: readonly Endpoint[], length: number): number {
  return sut.choose(all, requestOf(undefined, textOf(length))).index;
}

describe(BucketPolicy.name, () => {
  it('sends short texts to the first ones and long texts to the last ones', () => {
    const sut = new BucketPolicy(new FakeTools(), bucket.defaults);
    const all = endpoints(4);
    expect([0, 100, 1500, 3000, 4000, 99_999].map((length) => homeOf(sut, all, length))).toEqual([
      0, 0, 1, 2, 3, 3,
    ]);
    expect(homeOf(sut, all, 100)).toBe(0);
  });

  it('fits its buckets to the work of the last interval', () => {
    const random = randomOf(3);
    const tools = new FakeTools();
    const sut = new BucketPolicy(tools, bucket.defaults);
    const all = endpoints(4);
    const work = (): number[] => {
      const characters = all.map(() => 0);
      for (let i = 0; i < 1000; i++) {
        tools.time += 5;
        const length = Math.floor(200 * random() ** 2);
        characters[homeOf(sut, all, length)]! += length;
      }
      return characters;
    };
    expect(work().slice(1)).toEqual([0, 0, 0]);
    tools.time += 1;
    const fitted = work();
    expect(Math.max(...fitted) / Math.min(...fitted)).toBeLessThan(1.6);
  });

  it('leaves buckets as they are that fit well enough', () => {
    const tools = new FakeTools();
    const sut = new BucketPolicy(tools, bucket.defaults);
    const all = endpoints(2);
    for (let i = 0; i < 40; i++) {
      tools.time += 500;
      expect(homeOf(sut, all, i % 2 === 0 ? 1500 : 2500)).toBe(i % 2);
    }
  });

  it('shares out texts that are all of one length', () => {
    const tools = new FakeTools();
    const sut = new BucketPolicy(tools, bucket.defaults);
    const all = endpoints(4);
    for (tools.time = 0; tools.time < 6000; tools.time += 100) homeOf(sut, all, 500);
    tools.time += 6000;
    const homes = Array.from({ length: 8 }, () => homeOf(sut, all, 500));
    expect(new Set(homes).size).toBe(4);
  });

  it('passes over an overloaded one', () => {
    const sut = new BucketPolicy(new FakeTools(), bucket.defaults);
    const all = endpoints(3);
    homeOf(sut, all, 2000);
    all[0]!.load = 65;
    const choice = sut.choose(all, requestOf(undefined, textOf(10)));
    expect(choice).toEqual({ index: 2, reason: 'fewest characters, bucket is overloaded' });
  });

  it('cuts anew for others, and knows nothing of one that has left', () => {
    const sut = new BucketPolicy(new FakeTools(), bucket.defaults);
    const all = endpoints(4);
    expect(homeOf(sut, all, 2500)).toBe(2);
    expect(homeOf(sut, all.slice(2), 2500)).toBe(1);
    sut.removed(all[3]!.id);
    expect(sut.choose(all, { ...requestOf(undefined, textOf(9)), explain: true }).scores).toEqual([
      -0, -0, -2500, -0,
    ]);
  });
});

import { beforeEach, describe, expect, it } from '@jest/globals';
import { parseTarget, type Target } from '../endpoint/target.js';
import { NoSharing } from './prefiller-sharing.js';
import { Prefillers } from './prefillers.js';

const [A, B, C] = ['a:1', 'b:1', 'c:1'].map((text) => parseTarget(text)!) as [
  Target,
  Target,
  Target,
];

describe(Prefillers.name, () => {
  let told: string[];
  let prefillers: Prefillers;
  beforeEach(() => {
    told = [];
    prefillers = new Prefillers(
      { threshold: 2, cooldown: 60_000 },
      {
        breakerChanged: (prefiller, state) => told.push(`${prefiller} ${state}`),
        healthChanged: (prefiller, healthy) => told.push(`${prefiller} ${healthy}`),
      },
    );
  });

  it('counts what is in flight, however it ends', () => {
    const ends = [prefillers.begin(A)!, prefillers.begin(A)!, prefillers.begin(A)!];
    expect([prefillers.load(A), prefillers.load(B)]).toEqual([3, 0]);
    ends[0]!('success');
    ends[1]!('failure');
    ends[1]!('failure');
    ends[2]!('abandoned');
    expect(prefillers.load(A)).toBe(0);
  });

  it('leaves one alone that failed too often, and says so', () => {
    for (let i = 0; i < 2; i++) prefillers.begin(A)!('failure');
    expect(prefillers.admits(A)).toBe(false);
    expect(prefillers.begin(A)).toBeUndefined();
    expect(prefillers.load(A)).toBe(0);
    expect(prefillers.retryAfter(A)).toBeGreaterThan(59_000);
    expect(prefillers.admits(B)).toBe(true);
    expect(prefillers.countBreakers()).toEqual({ closed: 0, open: 1, half_open: 0 });
    expect(told).toEqual(['a:1 open']);
  });

  it('puts unhealthy ones last and keeps the order otherwise', () => {
    expect(prefillers.healthyFirst([A, B, C])).toEqual([A, B, C]);
    prefillers.setHealthy(A, false);
    prefillers.setHealthy(A, false);
    expect(prefillers.healthyFirst([A, B, C])).toEqual([B, C, A]);
    prefillers.setHealthy(A, true);
    expect(prefillers.healthyFirst([A, B, C])).toEqual([A, B, C]);
    expect(told).toEqual(['a:1 false', 'a:1 true']);
  });

  it('orders by health, then by load, then at random', () => {
    prefillers.begin(B);
    prefillers.setHealthy(C, false);
    expect(prefillers.leastLoadedFirst([C, B, A])).toEqual([A, B, C]);
    const first = new Set<string>();
    for (let i = 0; i < 100; i++) {
      first.add(new Prefillers({ threshold: 1, cooldown: 1 }).leastLoadedFirst([A, B])[0]!.label);
    }
    expect(first.size).toBe(2);
  });

  it('finds the least loaded one, a healthy one if it can, at random among equals', () => {
    const any = (): boolean => true;
    prefillers.begin(A);
    expect(prefillers.leastLoaded([A, B], any)).toBe(B);
    prefillers.setHealthy(B, false);
    expect(prefillers.leastLoaded([A, B], any, () => 0.9)).toBe(A);
    expect(prefillers.leastLoaded([A, B], (one) => one === B)).toBe(B);
    prefillers.begin(A);
    prefillers.begin(C);
    expect(prefillers.leastLoaded([A, B, C], any, () => 0)).toBe(C);
    expect(prefillers.leastLoaded([A, B, C], () => false)).toBeUndefined();
    expect(prefillers.leastLoaded([], any)).toBeUndefined();
    const idle = new Prefillers({ threshold: 1, cooldown: 1 });
    expect([0, 0.4, 0.7].map((at) => idle.leastLoaded([A, B, C], any, () => at))).toEqual([
      A,
      B,
      C,
    ]);
  });

  it('forgets those that nobody has asked for long, with all that is known of them', () => {
    let now = 0;
    const clocked = new Prefillers({ threshold: 1, cooldown: 1000 }, undefined, () => now);
    clocked.begin(A)!('failure');
    clocked.setHealthy(A, false);
    now = 500_000;
    clocked.begin(B)!('success');
    now = 600_001;
    expect(clocked.countBreakers()).toMatchObject({ closed: 1, open: 0 });
    expect(clocked.known).toEqual([B]);
    expect(clocked.isHealthy(A)).toBe(true);
    expect(clocked.admits(A)).toBe(true);
  });

  it('forgets those that are gone', () => {
    for (const target of [A, B]) for (let i = 0; i < 2; i++) prefillers.begin(target)!('failure');
    prefillers.forgetGone((target) => target === A);
    expect(prefillers.countBreakers()).toMatchObject({ open: 1 });
    prefillers.setHealthy(A, false);
    prefillers.setHealthy(B, false);
    prefillers.keepHealthOf([B]);
    expect([A, B].map((one) => prefillers.isHealthy(one))).toEqual([true, false]);
  });

  it('remembers a bounded number of those that were asked', () => {
    for (let i = 0; i < 3000; i++) {
      const target = parseTarget(`h${i}:1`)!;
      prefillers.begin(target)!('success');
      prefillers.setHealthy(target, false);
    }
    expect(prefillers.known).toHaveLength(1024);
    expect(prefillers.known.at(-1)!.label).toBe('h2999:1');
    expect(prefillers.isHealthy(parseTarget('h0:1')!)).toBe(true);
  });

  describe('of several processes', () => {
    let now: number;
    let asked: string[];
    let unhealthy: (readonly string[])[];
    let shared: Prefillers;
    beforeEach(() => {
      now = 0;
      asked = [];
      unhealthy = [];
      const sharing = Object.assign(new NoSharing(), {
        asked: ({ label }: Target) => void asked.push(label),
        unhealthy: (labels: readonly string[]) => void unhealthy.push(labels),
      });
      const policy = { threshold: 2, cooldown: 60_000 };
      shared = new Prefillers(policy, undefined, () => now, sharing);
    });

    it('tells whom it asks, once a minute', () => {
      for (now = 0; now <= 120_000; now += 10_000) shared.begin(A)!('success');
      shared.begin(B)!('success');
      expect(asked).toEqual(['a:1', 'a:1', 'a:1', 'b:1']);
    });

    it('knows whom another one asked', () => {
      shared.note(A);
      expect(shared.known).toEqual([A]);
      expect(shared.countBreakers()).toMatchObject({ closed: 1 });
    });

    it('tells who is not healthy, whenever that changes', () => {
      shared.setHealthy(A, false);
      shared.setHealthy(A, false);
      shared.setHealthy(B, false);
      shared.setHealthy(A, true);
      shared.keepHealthOf([]);
      expect(unhealthy).toEqual([['a:1'], ['a:1', 'b:1'], ['b:1'], []]);
    });

    it('believes another one that tells who is not healthy', () => {
      shared.replaceUnhealthy(['a:1', 'c:1']);
      expect([A, B, C].map((one) => shared.isHealthy(one))).toEqual([false, true, false]);
      shared.replaceUnhealthy(['b:1']);
      expect(shared.unhealthyLabels).toEqual(['b:1']);
    });

    it('asks for no probe that one process needs not ask for', () => {
      for (let i = 0; i < 2; i++) shared.begin(A)!('failure');
      now = 60_000;
      expect(shared.claimProbe([A, B])).toBeUndefined();
    });
  });
});

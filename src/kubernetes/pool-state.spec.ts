import { describe, expect, it } from '@jest/globals';
import { pod } from '../../test/support/pool-stub.js';
import { RandomPods, randomOf } from '../../test/support/random-pods.js';
import type { PoolPod } from './inference-pool.js';
import { PoolState } from './pool-state.js';

const SEEDS = [1, 2, 3];
const STEPS = 3_000;

const byName = (pods: readonly PoolPod[]): Map<string, PoolPod> =>
  new Map(pods.map((one) => [one.name, one]));
const A = pod('a', '10.0.0.1');
const B = pod('b', '10.0.0.2');

describe(PoolState.name, () => {
  it('has a first change though there is nothing, and none when nothing is different', () => {
    const state = new PoolState();
    expect([state.isRead, state.snapshot]).toEqual([false, undefined]);
    expect(state.replace(new Map(), [])).toEqual({
      number: 1,
      removed: [],
      added: [],
      targetPorts: [],
    });
    expect(state.replace(new Map(), [])).toBeUndefined();
    expect(state.snapshot).toEqual({ number: 1, pods: [], targetPorts: [] });
  });

  it('tells pods that went, came or are different, and no others', () => {
    const state = new PoolState();
    state.replace(byName([A, B]), [1]);
    const ready = { ...A, ready: false };
    expect(state.replace(byName([ready, { ...B }]), [1])).toEqual({
      number: 2,
      removed: [A],
      added: [ready],
      targetPorts: [1],
    });
    expect(state.update(['b'], new Map(), [1])).toMatchObject({ removed: [B], added: [] });
    expect(state.update([], new Map(), [2])).toEqual({
      number: 4,
      removed: [],
      added: [],
      targetPorts: [2],
    });
    expect(state.size).toBe(1);
  });

  it('makes a snapshot once after each change, and leaves those that it made', () => {
    const state = new PoolState();
    state.replace(byName([B, A]), [1]);
    const { snapshot } = state;
    expect(snapshot).toEqual({ number: 1, pods: [A, B], targetPorts: [1] });
    expect(state.snapshot).toBe(snapshot);
    state.update(['a'], new Map(), [1]);
    expect(state.snapshot?.pods).toEqual([B]);
    expect(snapshot?.pods).toEqual([A, B]);
  });

  it.each(SEEDS)('is what one made anew is, whatever changes (%i)', (seed) => {
    const random = randomOf(seed);
    const pods = new RandomPods(random);
    const state = new PoolState();
    for (let step = 1; step <= STEPS; step++) {
      const before = byName(state.snapshot?.pods ?? []);
      pods.step();
      const now = byName(pods.list);
      const names = new Set([...before.keys(), ...now.keys()]);
      const change =
        random() < 0.5
          ? state.replace(now, pods.targetPorts)
          : state.update(names, now, pods.targetPorts);
      for (const { name } of change?.removed ?? []) before.delete(name);
      for (const one of change?.added ?? []) before.set(one.name, one);
      const anew = new PoolState();
      anew.replace(now, pods.targetPorts);
      expect(state.snapshot).toEqual({ ...anew.snapshot, number: state.number });
      expect([...before.values()].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(
        anew.snapshot!.pods,
      );
    }
  });
});

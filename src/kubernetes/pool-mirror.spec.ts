import { describe, expect, it } from '@jest/globals';
import { pod } from '../../test/support/pool-stub.js';
import type { PoolChange } from './inference-pool.js';
import { differenceOf, PoolMirror } from './pool-mirror.js';

const A = pod('a', '10.0.0.1');
const B = pod('b', '10.0.0.2');
const SNAPSHOT = { number: 4, pods: [A, B], targetPorts: [8000] };

describe(PoolMirror.name, () => {
  it('knows nothing before it is told', () => {
    const mirror = new PoolMirror();
    expect(mirror.isRead).toBe(false);
    expect(mirror.snapshot).toBeUndefined();
    expect(mirror.ageMs).toBeUndefined();
  });

  it('tells its listeners what is different, as long as they listen', () => {
    const mirror = new PoolMirror();
    const seen: PoolChange[] = [];
    const stop = mirror.subscribe((change) => seen.push(change));
    mirror.replace(SNAPSHOT, 0);
    mirror.replace({ ...SNAPSHOT, number: 7, pods: [A] }, 0);
    mirror.replace({ ...SNAPSHOT, number: 9, pods: [A] }, 0);
    expect(mirror.number).toBe(9);
    stop();
    mirror.replace({ ...SNAPSHOT, number: 10, pods: [] }, 0);
    expect(seen).toEqual([
      { number: 4, removed: [], added: [A, B], targetPorts: [8000] },
      { number: 7, removed: [B], added: [], targetPorts: [8000] },
    ]);
    expect(mirror.snapshot).toEqual({ number: 10, pods: [], targetPorts: [8000] });
  });

  it('gives who follows all that is there, and then every change once', () => {
    const mirror = new PoolMirror();
    const seen: PoolChange[] = [];
    const leave = mirror.subscribe(() => {
      leave();
      // While a change is being told.
      mirror.follow((change) => seen.push(change));
    });
    mirror.replace(SNAPSHOT, 0);
    mirror.apply({ number: 5, gone: ['a'], added: [], targetPorts: [] }, 0);
    expect(seen).toEqual([
      { number: 4, removed: [], added: [A, B], targetPorts: [8000] },
      { number: 5, removed: [A], added: [], targetPorts: [] },
    ]);
  });

  it('begins with the first change, and follows in order', () => {
    const mirror = new PoolMirror();
    const ports = { targetPorts: [8000] };
    expect(mirror.apply({ number: 2, gone: [], added: [A], ...ports }, 0)).toBe(false);
    expect(mirror.isRead).toBe(false);
    expect(mirror.apply({ number: 1, gone: [], added: [A, B], ...ports }, 0)).toBe(true);
    const other = { ...A, ips: ['10.0.0.9'] };
    expect(mirror.apply({ number: 2, gone: ['b'], added: [other], ...ports }, 0)).toBe(true);
    expect(mirror.snapshot).toEqual({ number: 2, pods: [other], ...ports });
  });

  it('does not change, nor grow younger, by a change after a gap', () => {
    const mirror = new PoolMirror();
    mirror.replace(SNAPSHOT, 500);
    for (const number of [3, 4, 6]) {
      expect(mirror.apply({ number, gone: ['a'], added: [], targetPorts: [] }, 0)).toBe(false);
    }
    expect(mirror.snapshot).toEqual(SNAPSHOT);
    expect(mirror.ageMs).toBeGreaterThanOrEqual(500);
  });

  it('grows older by itself, until the API proves it again', () => {
    const mirror = new PoolMirror();
    mirror.replace(SNAPSHOT, 500);
    const [first, second] = [mirror.ageMs!, mirror.ageMs!];
    expect(first).toBeGreaterThanOrEqual(500);
    expect(second).toBeGreaterThanOrEqual(first);
    mirror.prove(0);
    expect(mirror.ageMs).toBeLessThan(500);
  });
});

describe(differenceOf.name, () => {
  it('names pods that went, but not those that are different', () => {
    const changed = { ...A, ready: false };
    const change = { number: 3, removed: [A, B], added: [changed], targetPorts: [1] };
    expect(differenceOf(change)).toEqual({
      number: 3,
      gone: ['b'],
      added: [changed],
      targetPorts: [1],
    });
  });
});

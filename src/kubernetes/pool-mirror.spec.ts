import { describe, expect, it } from '@jest/globals';
import type { PoolSnapshot } from './inference-pool.js';
import { PoolMirror } from './pool-mirror.js';

const EMPTY: PoolSnapshot = { pods: [], targetPorts: [8000] };

describe(PoolMirror.name, () => {
  it('knows nothing before it is told', () => {
    const mirror = new PoolMirror();
    expect(mirror.snapshot).toBeUndefined();
    expect(mirror.ageMs).toBeUndefined();
  });

  it('tells its listeners of each snapshot, as long as they listen', () => {
    const mirror = new PoolMirror();
    const seen: PoolSnapshot[] = [];
    const stop = mirror.subscribe((snapshot) => seen.push(snapshot));
    mirror.replace(EMPTY, 0);
    stop();
    mirror.replace({ ...EMPTY }, 0);
    expect(seen).toEqual([EMPTY]);
  });

  it('grows older by itself, until the API proves it again', () => {
    const mirror = new PoolMirror();
    mirror.replace(EMPTY, 500);
    const [first, second] = [mirror.ageMs!, mirror.ageMs!];
    expect(first).toBeGreaterThanOrEqual(500);
    expect(second).toBeGreaterThanOrEqual(first);
    mirror.prove(0);
    expect(mirror.ageMs).toBeLessThan(500);
  });
});

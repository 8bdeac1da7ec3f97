import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { pod, PoolStub } from '../../../test/support/pool-stub.js';
import { tellPool, wholePool } from './pool-news.js';
import type { PoolAge, PoolNews } from './worker-mail.js';

describe(tellPool.name, () => {
  let pool: PoolStub;
  let told: (PoolNews | PoolAge)[];
  let stop: () => void;
  const start = (): void => {
    stop = tellPool(pool, { tell: (_: string, body: PoolNews | PoolAge) => void told.push(body) });
  };
  const [a, b] = [pod('a', '10.0.0.1'), pod('b', '10.0.0.2')];
  beforeEach(() => {
    jest.useFakeTimers();
    pool = new PoolStub();
    told = [];
  });
  afterEach(() => {
    stop();
    jest.useRealTimers();
  });

  it('tells each change at once, and no more than the change', () => {
    start();
    pool.set([a]);
    pool.set([a, b]);
    pool.set([b]);
    const same = { ageMs: 0 };
    const targetPorts = [8000];
    expect(told).toEqual([
      { change: { number: 1, gone: [], added: [a], targetPorts }, ...same },
      { change: { number: 2, gone: [], added: [b], targetPorts }, ...same },
      { change: { number: 3, gone: ['a'], added: [], targetPorts }, ...same },
    ]);
  });

  it('tells proof that nothing changed, of the last change, and no more than there is', () => {
    pool.set([a]);
    pool.set([b]);
    start();
    jest.advanceTimersByTime(1000);
    expect(told).toEqual([{ number: 2, ageMs: 0 }]);
    pool.ageMs = 1000;
    jest.advanceTimersByTime(1000);
    expect(told).toHaveLength(1);
    pool.set([]);
    jest.advanceTimersByTime(1000);
    expect(told.slice(2)).toEqual([{ number: 3, ageMs: 0 }]);
  });

  it('tells nothing more when it is stopped', () => {
    start();
    stop();
    pool.set([a]);
    jest.advanceTimersByTime(5000);
    expect(told).toEqual([]);
  });
});

describe(wholePool.name, () => {
  it('is all that is known, once the pool was read', () => {
    const pool = new PoolStub();
    expect([wholePool(undefined), wholePool(pool)]).toEqual([undefined, undefined]);
    pool.set([]);
    pool.ageMs = 5;
    const snapshot = { number: 1, pods: [], targetPorts: [8000] };
    expect(wholePool(pool)).toEqual({ snapshot, ageMs: 5 });
  });
});

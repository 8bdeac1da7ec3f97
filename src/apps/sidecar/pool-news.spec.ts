import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { pod, PoolStub } from '../../../test/support/pool-stub.js';
import { tellPool } from './pool-news.js';

describe(tellPool.name, () => {
  let pool: PoolStub;
  let told: unknown[];
  let stop: () => void;
  /** Milliseconds that telling takes. */
  let cost: number;
  beforeEach(() => {
    jest.useFakeTimers();
    pool = new PoolStub();
    told = [];
    cost = 0;
    stop = tellPool(pool, {
      tell: (name: string, body: unknown) => {
        jest.setSystemTime(Date.now() + cost);
        jest.advanceTimersByTime(cost);
        told.push(
          name === 'pool' ? (body as { snapshot: { pods: unknown[] } }).snapshot.pods.length : name,
        );
      },
    });
  });
  afterEach(() => {
    stop();
    jest.useRealTimers();
  });

  const grow = (size: number): void =>
    pool.set(Array.from({ length: size }, (_, i) => pod(`p${i}`, `10.0.0.${i}`)));

  it('tells a change at once', () => {
    grow(1);
    expect(told).toEqual([1]);
  });

  it('tells the last of many changes after a pause of nine times what it took', () => {
    cost = 10;
    for (let size = 1; size <= 5; size++) grow(size);
    expect(told).toEqual([1]);
    jest.advanceTimersByTime(100);
    expect(told).toEqual([1, 5]);
  });

  it('tells proof that nothing changed, and no more than there is', () => {
    grow(1);
    jest.advanceTimersByTime(1000);
    expect(told).toEqual([1, 'poolAge']);
    pool.ageMs = 1000;
    jest.advanceTimersByTime(1000);
    expect(told).toEqual([1, 'poolAge']);
    pool.ageMs = 0;
    jest.advanceTimersByTime(1000);
    expect(told).toEqual([1, 'poolAge', 'poolAge']);
  });

  it('tells nothing more when it is stopped', () => {
    stop();
    grow(1);
    jest.advanceTimersByTime(5000);
    expect(told).toEqual([]);
  });
});

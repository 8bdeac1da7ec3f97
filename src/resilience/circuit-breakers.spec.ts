import { describe, expect, it } from '@jest/globals';
import { CircuitBreakers } from './circuit-breakers.js';

describe(CircuitBreakers.name, () => {
  it('keeps one breaker a key', () => {
    const changes: string[] = [];
    let now = 0;
    const breakers = new CircuitBreakers(
      { threshold: 1, cooldown: 100 },
      (key, state) => changes.push(`${key} ${state}`),
      () => now,
    );
    breakers.begin('a')!('failure');
    expect([breakers.admits('a'), breakers.admits('b')]).toEqual([false, true]);
    expect([breakers.retryAfter('a'), breakers.retryAfter('b')]).toEqual([100, 0]);
    expect(breakers.begin('a')).toBeUndefined();
    breakers.begin('b')!('success');
    expect(breakers.count()).toEqual({ closed: 1, open: 1, half_open: 0 });
    now = 100;
    expect(breakers.count()).toEqual({ closed: 1, open: 0, half_open: 1 });
    expect(changes).toEqual(['a open']);
  });

  it('does nothing with a threshold of 0', () => {
    const breakers = new CircuitBreakers({ threshold: 0, cooldown: 100 });
    for (let i = 0; i < 10; i++) breakers.begin('a')!('failure');
    expect(breakers.admits('a')).toBe(true);
    expect(breakers.count()).toEqual({ closed: 0, open: 0, half_open: 0 });
  });

  it('forgets those that never failed before those that did', () => {
    const breakers = new CircuitBreakers({ threshold: 1, cooldown: 1e9 });
    breakers.begin('bad')!('failure');
    for (let i = 0; i < 5000; i++) breakers.begin(`k${i}`)!('success');
    expect(breakers.admits('bad')).toBe(false);
    expect(breakers.count()).toEqual({ closed: 1023, open: 1, half_open: 0 });
  });

  it('knows nothing of what it was told to forget', () => {
    const breakers = new CircuitBreakers({ threshold: 1, cooldown: 1e9 });
    breakers.begin('bad')!('failure');
    breakers.forget('bad');
    expect(breakers.admits('bad')).toBe(true);
    expect(breakers.count()).toEqual({ closed: 0, open: 0, half_open: 0 });
  });

  it('stays bounded when all have failed', () => {
    const breakers = new CircuitBreakers({ threshold: 1, cooldown: 1e9 });
    for (let i = 0; i < 3000; i++) breakers.begin(`k${i}`)!('failure');
    expect(breakers.count().open).toBe(1024);
    expect([breakers.admits('k0'), breakers.admits('k2999')]).toEqual([true, false]);
  });
});

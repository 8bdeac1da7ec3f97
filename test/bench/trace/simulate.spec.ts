import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from './clock.js';
import { EngineModel } from './engine-model.js';
import { generate } from './generate.js';
import { blocksOf, PrefixCache } from './prefix-cache.js';
import { readOptions } from './simulate-options.js';
import { simulate } from './simulate.js';
import { messagesOf } from './text.js';

const textOf = (seed: string): string => seed.repeat(64 * 4).slice(0, 64 * 4);

describe(generate.name, () => {
  it('makes the same trace of the same seed, and another of another', () => {
    expect(generate('mixed', 10, 1)).toEqual(generate('mixed', 10, 1));
    expect(generate('chat', 10, 1)).not.toEqual(generate('chat', 10, 2));
  });

  it('has each turn repeat what was said before', () => {
    const session = generate('agents', 60, 1).sessions.find(({ turns }) => turns.length > 1)!;
    const first = messagesOf(session, 0);
    const second = messagesOf(session, 1);
    expect(second.slice(0, first.length)).toEqual(first);
    expect(second.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
  });

  it('refuses a name that it does not know', () =>
    expect(() => generate('x', 1, 1)).toThrow('no trace x: chat, documents, agents, batch, mixed'));
});

describe(PrefixCache.name, () => {
  it('knows the blocks that a text has in common with one before it', () => {
    const cache = new PrefixCache(100);
    cache.use(blocksOf(textOf('ab')));
    expect(cache.known(blocksOf(textOf('ab').slice(0, 130) + textOf('c')))).toBe(2);
    expect(cache.known(blocksOf(textOf('c') + textOf('ab')))).toBe(0);
  });

  it('forgets what was used longest ago, the end of a text first', () => {
    const cache = new PrefixCache(6);
    cache.use(blocksOf(textOf('a')));
    cache.use(blocksOf(textOf('b')));
    expect(cache.known(blocksOf(textOf('a')))).toBe(2);
    expect(cache.known(blocksOf(textOf('b')))).toBe(4);
  });
});

describe(EngineModel.name, () => {
  it('computes what it does not have, one prompt after the other', () => {
    const clock = new VirtualClock();
    const engine = new EngineModel(clock);
    const answered: number[] = [];
    for (let i = 0; i < 2; i++)
      engine.submit('x'.repeat(32_000), 1, () => answered.push(clock.now()));
    clock.run();
    const { figures } = engine;
    expect(figures).toMatchObject({ requests: 2, promptTokens: 16_000, cachedTokens: 7999 });
    expect(figures.firstTokenMs).toEqual([1000, 1004]);
    expect(answered).toEqual([expect.closeTo(1012.25), expect.closeTo(1016.5)]);
  });
});

describe(simulate.name, () => {
  const CAST = { workers: 4, routers: 1 };

  it('shows what affinity is worth, the same each time', () => {
    const trace = generate('chat', 20, 1);
    const aware = simulate(trace, { name: 'cache_aware', options: {} }, CAST);
    const turns = simulate(trace, { name: 'round_robin', options: {} }, CAST);
    expect(aware.requests).toBe(turns.requests);
    expect(aware.hitRate).toBeGreaterThan(turns.hitRate + 0.1);
    expect(aware.spread).toBeLessThan(2);
    expect(simulate(trace, { name: 'cache_aware', options: {} }, CAST)).toEqual(aware);
  });

  it('shows what routers lose that know nothing of each other', () => {
    const trace = generate('chat', 20, 1);
    const policy = { name: 'cache_aware', options: {} } as const;
    const one = simulate(trace, policy, CAST);
    const four = simulate(trace, policy, { ...CAST, routers: 4 });
    expect(four.requests).toBe(one.requests);
    expect(four.hitRate).toBeLessThan(one.hitRate);
  });
});

describe(readOptions.name, () => {
  it('takes options of a policy', () => {
    const { policies } = readOptions([
      '--policy',
      'cache_aware:balance-shared-threshold=4,roundrobin',
    ]);
    expect(policies.map(({ policy }) => policy)).toEqual([
      { name: 'cache_aware', options: { balanceSharedThreshold: 4 } },
      { name: 'round_robin', options: {} },
    ]);
  });

  it.each([
    [['--policy', 'x'], '--policy: no policy x'],
    [['--policy', 'random:y=1'], '--policy: random has no option y'],
    [['--trace', 'x'], '--trace: no trace x'],
    [['--workers', '0'], '--workers: no count: 0'],
  ])('refuses %j', (args, message) => expect(() => readOptions(args)).toThrow(message));
});

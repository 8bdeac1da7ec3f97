import { describe, expect, it } from '@jest/globals';
import {
  FakePluginTools,
  inferenceRequest,
  pluginOf,
  server,
  servers,
  type GivenRequest,
} from '../../../test/support/scheduling-harness.js';
import { POLICY_SPELLINGS } from '../../policy/policies.js';
import type { Endpoints, LifecycleListener, Picker } from '../plugin.js';
import { routerPolicy } from './router-policy.js';

type Sut = Picker & LifecycleListener;

const NO_TOTALS = new Float64Array(0);

function sutOf(parameters: object, tools = new FakePluginTools()): Sut {
  return pluginOf<Sut>(routerPolicy, parameters, tools);
}

function pick(sut: Sut, endpoints: Endpoints, given: GivenRequest = {}): number {
  const [picked] = sut.pick(inferenceRequest(given), endpoints, NO_TOTALS);
  return endpoints.indexOf(picked!);
}

describe('router-policy', () => {
  it.each(POLICY_SPELLINGS)('knows %s', (policy) => {
    expect([0, 1, 2]).toContain(pick(sutOf({ policy }), servers([{}, {}, {}])));
  });

  it.each([
    ['an unknown policy', { policy: 'roundest_robin' }],
    ['an unknown parameter', { policy: 'random', seed: 1 }],
    ['no policy', {}],
  ])('refuses %s', (_, parameters) => {
    expect(() => sutOf(parameters)).toThrow();
  });

  it('gives each model its own turns', () => {
    const sut = sutOf({ policy: 'round_robin' });
    const models = (...names: readonly string[]) => ({ models: names });
    const a = [server(1, models('a')), server(2, models('a', 'b')), server(3, models('a'))];
    const b = [a[1]!, server(4, models('b'))];
    const taken: number[][] = [[], []];
    for (let i = 0; i < 6; i++) {
      taken[0]!.push(pick(sut, a, { targetModel: 'a' }));
      if (i % 2 === 0) taken[1]!.push(pick(sut, b, { targetModel: 'b' }));
    }
    expect(taken).toEqual([
      [0, 1, 2, 0, 1, 2],
      [0, 1, 0],
    ]);
  });

  it('gives turns in the order of the endpoints where they serve every model', () => {
    const sut = sutOf({ policy: 'round_robin' });
    const all = servers([{}, {}, {}]);
    const taken = ['m', 'n', '', 'm', 'x'].map((targetModel) => pick(sut, all, { targetModel }));
    expect(taken).toEqual([0, 1, 2, 0, 1]);
  });

  it('sends one session to one endpoint, and requests without one to the least loaded', () => {
    const sut = sutOf({ policy: 'consistent_hash', withoutSession: 'least_load' });
    const all = servers([{ load: 3 }, { load: 1 }, { load: 2 }]);
    const homes = ['alice', 'bob', 'carol', 'dave'].map((sessionKey) => {
      const home = pick(sut, all, { sessionKey });
      expect(pick(sut, all, { sessionKey, text: 'another prompt' })).toBe(home);
      return home;
    });
    expect(new Set(homes).size).toBeGreaterThan(1);
    expect(pick(sut, all, { text: 'a prompt' })).toBe(1);
    expect(pick(sut, all, { sessionKey: '', text: 'a prompt' })).toBe(1);
  });

  it('sends an equal prompt where it went before', () => {
    const sut = sutOf({ policy: 'cache_aware' });
    const all = servers([{}, {}, {}]);
    const text = 'You are a helpful assistant. '.repeat(40);
    const home = pick(sut, all, { text });
    for (let i = 0; i < 5; i++) {
      all[home]!.load++;
      expect(pick(sut, all, { text })).toBe(home);
    }
  });

  it('keeps short texts together only where they are equal', () => {
    const sut = sutOf({ policy: 'cache_aware', shortTextLength: 512 });
    const all = servers([{}, {}, {}]);
    const short = (i: number): string => `Please tell me all about the number ${i}.`;
    const homes = [0, 1, 2].map((i) => pick(sut, all, { text: short(i) }));
    expect(homes.toSorted()).toEqual([0, 1, 2]);
    expect([0, 1, 2].map((i) => pick(sut, all, { text: short(i) }))).toEqual(homes);
    const long = 'Please tell me all about numbers. '.repeat(40);
    const [first, second] = [`${long} One?`, `${long} Two?`].map((text) =>
      pick(sut, all, { text }),
    );
    expect(second).toBe(first);
  });

  it('forgets an endpoint that has gone, and what is too old', () => {
    const tools = new FakePluginTools();
    const sut = sutOf({ policy: 'cache_aware', maxTreeSize: 10 }, tools);
    const all = servers([{}, {}]);
    pick(sut, all, { text: 'some text' });
    sut.removed?.(all[0]!);
    tools.time += 120_001;
    expect([0, 1]).toContain(pick(sut, all, { text: 'some text' }));
  });
});

import { describe, expect, it } from '@jest/globals';
import {
  countOf,
  endpoints,
  FakeTools,
  requestOf,
  type Endpoint,
} from '../../../test/support/policy-harness.js';
import { manual, ManualPolicy, type ManualOptions } from './manual.policy.js';

const policy = (
  assignmentMode: ManualOptions['assignmentMode'] = 'random',
  tools = new FakeTools(),
): ManualPolicy => new ManualPolicy(tools, { ...manual.defaults, assignmentMode });

const homeOf = (sut: ManualPolicy, all: readonly Endpoint[], key: string): string =>
  all[sut.choose(all, requestOf(key)).index]!.id;

const without = (all: readonly Endpoint[], ...ids: string[]): Endpoint[] =>
  all.filter(({ id }) => !ids.includes(id));

describe(ManualPolicy.name, () => {
  it('leaves a key where it is, whoever comes', () => {
    const sut = policy();
    const all = endpoints(20);
    const keys = Array.from({ length: 100 }, (_, i) => `key ${i}`);
    const homes = keys.map((key) => homeOf(sut, all.slice(0, 3), key));
    expect(new Set(homes).size).toBe(3);
    expect(keys.map((key) => homeOf(sut, all, key))).toEqual(homes);
    expect(sut.choose(all, requestOf('key 5')).reason).toBe('key');
  });

  it('has another one stand in while its own is away', () => {
    const sut = policy();
    const all = endpoints(5);
    const home = homeOf(sut, all, 'alice');
    const standIn = homeOf(sut, without(all, home), 'alice');
    const choice = sut.choose(without(all, home), requestOf('alice'));
    expect([without(all, home)[choice.index]!.id, choice.reason]).toEqual([
      standIn,
      'key, stand-in',
    ]);
    expect(homeOf(sut, all, 'alice')).toBe(home);
    // With both away the stand-in becomes the key's own.
    const third = homeOf(sut, without(all, home, standIn), 'alice');
    expect(homeOf(sut, all, 'alice')).toBe(standIn);
    expect(homeOf(sut, without(all, standIn), 'alice')).toBe(third);
  });

  it('forgets an endpoint that has left', () => {
    const sut = policy();
    const all = endpoints(5);
    const home = homeOf(sut, all, 'alice');
    const standIn = homeOf(sut, without(all, home), 'alice');
    sut.removed(home);
    sut.removed('nobody');
    expect(homeOf(sut, all, 'alice')).toBe(standIn);
    const third = homeOf(sut, without(all, home, standIn), 'alice');
    expect(homeOf(sut, all, 'alice')).toBe(standIn);
    expect(homeOf(sut, without(all, standIn), 'alice')).toBe(third);
  });

  it('assigns new keys by load', () => {
    const all = endpoints(3);
    all[0]!.load = all[2]!.load = 1;
    const sut = policy('min_load');
    expect(homeOf(sut, all, 'alice')).toBe(all[1]!.id);
    expect(sut.choose(all, requestOf('bob')).reason).toBe('new key, min load');
  });

  it('assigns new keys by the number of keys', () => {
    const tools = new FakeTools();
    const sut = policy('min_group', tools);
    const all = endpoints(3);
    const homes = Array.from({ length: 30 }, (_, i) => homeOf(sut, all, `key ${i}`));
    expect([...countOf(homes).values()]).toEqual([10, 10, 10]);
    for (const [i, home] of homes.entries()) if (home === all[1]!.id) sut.sessionEnded(`key ${i}`);
    const late = Array.from({ length: 10 }, (_, i) => homeOf(sut, all, `late ${i}`));
    expect(new Set(late)).toEqual(new Set([all[1]!.id]));
  });

  it('forgets keys that are idle for four hours', () => {
    const tools = new FakeTools();
    const sut = policy('min_load', tools);
    const all = endpoints(2);
    expect(homeOf(sut, all, 'alice')).toBe(all[0]!.id);
    all[0]!.load = 1;
    tools.time = 4 * 3_600_000;
    expect(homeOf(sut, all, 'alice')).toBe(all[0]!.id);
    tools.time += 4 * 3_600_000 + 1;
    sut.tidy();
    expect(homeOf(sut, all, 'alice')).toBe(all[1]!.id);
  });

  it.each(['random', 'min_load', 'min_group'] as const)('needs no key (%s)', (mode) => {
    const sut = policy(mode);
    const all = endpoints(3);
    const { index, reason } = sut.choose(all, requestOf(undefined));
    expect(all[index]).toBeDefined();
    expect(reason).toBe(`no key, ${mode.replace('_', ' ')}`);
    const text = requestOf(undefined, 'a text');
    expect(sut.choose(all, text).index).toBe(sut.choose(all, text).index);
  });
});

import { describe, expect, it } from '@jest/globals';
import {
  countOf,
  endpoint,
  endpoints,
  FakeTools,
  requestOf,
  type Endpoint,
} from '../../../test/support/policy-harness.js';
import { StickyLeastLoadedPolicy } from './sticky-least-loaded.policy.js';

const HOUR = 3_600_000;
const policy = (tools = new FakeTools()): StickyLeastLoadedPolicy =>
  new StickyLeastLoadedPolicy(tools, { sessionMaxIdle: 2 * HOUR });

const homeOf = (sut: StickyLeastLoadedPolicy, all: readonly Endpoint[], session: string): string =>
  all[sut.choose(all, requestOf(session)).index]!.id;

const scoresOf = (sut: StickyLeastLoadedPolicy, all: readonly Endpoint[]): readonly number[] =>
  sut.choose(all, { ...requestOf(`new ${Math.random()}`), explain: true }).scores!;

describe(StickyLeastLoadedPolicy.name, () => {
  it('sends new sessions where there are fewest, and keeps them there', () => {
    const sut = policy();
    const all = endpoints(5);
    const sessions = Array.from({ length: 100 }, (_, i) => `session ${i}`);
    const homes = sessions.map((session) => homeOf(sut, all, session));
    expect([...countOf(homes).values()]).toEqual([20, 20, 20, 20, 20]);
    all[2]!.load = 1000;
    expect(sessions.map((session) => homeOf(sut, all, session))).toEqual(homes);
    expect(sut.choose(all, requestOf('session 7')).reason).toBe('session');
  });

  it('fills up an endpoint that is new', () => {
    const sut = policy();
    const all = endpoints(3);
    for (let i = 0; i < 10; i++) homeOf(sut, all.slice(0, 2), `early ${i}`);
    const late = Array.from({ length: 5 }, (_, i) => homeOf(sut, all, `late ${i}`));
    expect(new Set(late)).toEqual(new Set([all[2]!.id]));
  });

  it('moves a session for good when its endpoint cannot be used', () => {
    const sut = policy();
    const all = endpoints(3);
    const home = homeOf(sut, all, 'alice');
    const rest = all.filter(({ id }) => id !== home);
    const next = homeOf(sut, rest, 'alice');
    expect(homeOf(sut, all, 'alice')).toBe(next);
    expect(scoresOf(sut, all).toSorted()).toEqual([-0, -0, -1].toSorted());
  });

  it('ends sessions that are idle, and those that are said to have ended', () => {
    const tools = new FakeTools();
    const sut = policy(tools);
    const all = endpoints(2);
    homeOf(sut, all, 'alice');
    homeOf(sut, all, 'bob');
    tools.time = HOUR;
    homeOf(sut, all, 'alice');
    sut.sessionEnded('nobody');
    tools.time = 3 * HOUR;
    sut.tidy();
    expect(scoresOf(sut, all)).toEqual([-1, -0]);
    sut.sessionEnded('alice');
    expect(scoresOf(sut, all)[0]).toBe(-0);
  });

  it('breaks ties by cost and by who was chosen longer ago', () => {
    const sut = policy();
    const all = [
      endpoint({ id: 'a', lastChosen: 2 }),
      endpoint({ id: 'b', lastChosen: 1 }),
      endpoint({ id: 'dear', cost: 9 }),
    ];
    expect(homeOf(sut, all, 'alice')).toBe('b');
  });

  it('sends equal texts of no session to one endpoint', () => {
    const sut = policy();
    const all = endpoints(4);
    const homes = Array.from(
      { length: 8 },
      (_, i) => sut.choose(all, requestOf(undefined, `text ${i % 4}`)).index,
    );
    expect(homes).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
  });

  it('lets no number of such texts push a session out', () => {
    const sut = policy();
    const all = endpoints(2);
    homeOf(sut, all, 'alice');
    homeOf(sut, all, 'bob');
    for (let i = 0; i < 20_000; i++) sut.choose(all, requestOf(undefined, `text ${i}`));
    expect(['alice', 'bob'].map((session) => homeOf(sut, all, session))).toEqual(
      all.map(({ id }) => id),
    );
    expect(scoresOf(sut, all).reduce((sum, score) => sum + score)).toBe(-2 - 16_384);
  });

  it('forgets who has left', () => {
    const sut = policy();
    const all = endpoints(2);
    homeOf(sut, all, 'alice');
    sut.removed(all[0]!.id);
    expect(scoresOf(sut, all)).toEqual([-0, -0]);
    expect(sut.choose(all, requestOf('alice')).reason).toBe('fewest sessions');
  });
});

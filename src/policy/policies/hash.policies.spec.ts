import { describe, expect, it } from '@jest/globals';
import {
  countOf,
  endpoints,
  requestOf,
  type Endpoint,
} from '../../../test/support/policy-harness.js';
import type { Policy } from '../policy.js';
import { ConsistentHashPolicy } from './consistent-hash.policy.js';
import { RendezvousHashPolicy } from './rendezvous-hash.policy.js';

const SESSIONS = Array.from({ length: 5000 }, (_, i) => `session-${i}`);

const homesIn = (sut: Policy, all: readonly Endpoint[]): string[] =>
  SESSIONS.map((session) => all[sut.choose(all, requestOf(session)).index]!.id);

describe.each([
  [ConsistentHashPolicy.name, ConsistentHashPolicy],
  [RendezvousHashPolicy.name, RendezvousHashPolicy],
])('%s', (_, Sut) => {
  it('sends a session to one endpoint, whatever its texts and the loads', () => {
    const sut = new Sut();
    const all = endpoints(5);
    const first = sut.choose(all, requestOf('alice', 'one'));
    all[first.index]!.load = 1000;
    expect(sut.choose(all, requestOf('alice', 'two'))).toEqual(first);
    expect(first.reason).toBe('hash of session');
  });

  it('sends equal texts of no session to one endpoint', () => {
    const sut = new Sut();
    const all = endpoints(50);
    const homes = Array.from({ length: 40 }, (_, i) =>
      sut.choose(all, requestOf(undefined, `text ${i % 20}`)),
    );
    expect(homes.slice(20)).toEqual(homes.slice(0, 20));
    expect(new Set(homes.map(({ index }) => index)).size).toBeGreaterThan(10);
    expect(homes[0]!.reason).toBe('hash of text');
  });

  it('takes the least loaded one where there is nothing to go by', () => {
    const all = endpoints(3);
    all[0]!.load = all[1]!.load = 2;
    expect(new Sut().choose(all, requestOf(undefined)).index).toBe(2);
  });

  it('spreads sessions evenly', () => {
    const counts = [...countOf(homesIn(new Sut(), endpoints(10))).values()];
    expect(Math.max(...counts)).toBeLessThan(650);
    expect(Math.min(...counts)).toBeGreaterThan(350);
  });

  it('spreads the sessions of one that is down over all others, and gets them back', () => {
    const sut = new Sut();
    const all = endpoints(6);
    const before = homesIn(sut, all);
    const during = homesIn(sut, all.slice(1));
    const moved = during.filter((id, i) => id !== before[i]);
    expect(before.every((id, i) => id === during[i] || id === all[0]!.id)).toBe(true);
    expect(countOf(moved).size).toBe(5);
    expect(Math.max(...countOf(moved).values()) / moved.length).toBeLessThan(0.4);
    expect(homesIn(sut, all)).toEqual(before);
  });

  it('moves only sessions that a new one gets', () => {
    const sut = new Sut();
    const all = endpoints(6);
    const before = homesIn(sut, all.slice(0, 5));
    const after = homesIn(sut, all);
    expect(after.every((id, i) => id === before[i] || id === all[5]!.id)).toBe(true);
  });

  it('agrees with another router that met the endpoints in another order', () => {
    const all = endpoints(30);
    const other = new Sut();
    homesIn(other, all.slice(10, 20));
    expect(homesIn(new Sut(), all)).toEqual(homesIn(other, all.toReversed()));
  });

  it('forgets who has left', () => {
    const sut = new Sut();
    const all = endpoints(3);
    const before = homesIn(sut, all);
    sut.removed(all[1]!.id);
    sut.removed('nobody');
    expect(homesIn(sut, all)).toEqual(before);
  });
});

describe(RendezvousHashPolicy.name, () => {
  it('says what it weighed when asked', () => {
    const all = endpoints(4);
    const { index, scores } = new RendezvousHashPolicy().choose(all, {
      ...requestOf('alice'),
      explain: true,
    });
    expect(scores![index]).toBe(Math.max(...scores!));
    expect(scores!.every((score) => score >= 0 && score < 1)).toBe(true);
  });
});

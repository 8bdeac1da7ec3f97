import { describe, expect, it } from '@jest/globals';
import {
  countOf,
  endpoint,
  endpoints,
  requestOf,
  type Endpoint,
} from '../../../test/support/policy-harness.js';
import { randomOf } from '../../../test/support/random-pods.js';
import type { Choice } from '../policy.js';
import { CacheAwarePolicy, cacheAware } from './cache-aware.policy.js';

const policy = (differing: Partial<typeof cacheAware.defaults> = {}): CacheAwarePolicy =>
  new CacheAwarePolicy({ ...cacheAware.defaults, ...differing });

const SYSTEM = 'You are a helpful assistant that answers in one sentence. '.repeat(20);

/** A text that begins like no other. */
const prompt = (name: string | number, length = 600): string =>
  `${name} is the name of this one. `.repeat(Math.ceil(length / 20)).slice(0, length);

const choose = (sut: CacheAwarePolicy, all: readonly Endpoint[], text: string): Choice =>
  sut.choose(all, requestOf(undefined, text));

/** Chooses and notes it, as a router does. */
function serve(sut: CacheAwarePolicy, all: readonly Endpoint[], text: string): Endpoint {
  const chosen = all[choose(sut, all, text).index]!;
  chosen.lastChosen = Math.max(0, ...all.map(({ lastChosen }) => lastChosen)) + 1;
  return chosen;
}

describe(CacheAwarePolicy.name, () => {
  it('sends a text where its beginning went', () => {
    const sut = policy();
    const all = endpoints(4);
    const homes = Array.from({ length: 12 }, (_, i) => serve(sut, all, prompt(i)).id);
    expect([...countOf(homes).values()]).toEqual([3, 3, 3, 3]);
    const again = Array.from(
      { length: 12 },
      (_, i) => serve(sut, all, `${prompt(i)} And then?`).id,
    );
    expect(again).toEqual(homes);
    expect(choose(sut, all, prompt(3)).reason).toBe('prefix');
  });

  it('keeps conversations apart that share a long beginning', () => {
    const sut = policy({ cacheThreshold: 0.95 });
    const all = endpoints(3);
    const texts = ['alpha', 'beta', 'gamma'].map((name) => `${SYSTEM}${prompt(name, 80)}`);
    const homes = texts.map((text) => serve(sut, all, text).id);
    expect(new Set(homes).size).toBe(3);
    for (let turn = 0; turn < 5; turn++) {
      texts.forEach((text, i) => (texts[i] = `${text} Turn ${turn} of ${homes[i]!.slice(7, 9)}.`));
      expect(texts.map((text) => serve(sut, all, text).id)).toEqual(homes);
    }
  });

  it('weighs the share of the text that is known', () => {
    const sut = policy({ cacheThreshold: 0.5 });
    const all = endpoints(2);
    expect(serve(sut, all, prompt('a', 320)).id).toBe(all[0]!.id);
    const more = `${prompt('a', 320)}${prompt('c', 304)}`;
    expect(choose(sut, all, more)).toEqual({ index: 0, reason: 'prefix' });
    // Half of it is known: that is not more than the threshold.
    const half = `${prompt('a', 320)}${prompt('b', 320)}`;
    expect(choose(sut, all, half)).toEqual({ index: 1, reason: 'least load' });
  });

  it('takes the least loaded one of those that hold it', () => {
    const sut = policy();
    const all = endpoints(3);
    choose(sut, [all[0]!], SYSTEM);
    choose(sut, [all[1]!], SYSTEM);
    all[0]!.load = 2;
    all[1]!.load = 1;
    expect(choose(sut, all, SYSTEM)).toEqual({ index: 1, reason: 'prefix' });
  });

  it('prefers who holds more of it, though more loaded', () => {
    const sut = policy();
    const all = endpoints(2);
    choose(sut, [all[0]!], SYSTEM);
    choose(sut, [all[1]!], `${SYSTEM}${prompt('x')}`);
    all[1]!.load = 20;
    expect(choose(sut, all, `${SYSTEM}${prompt('x')} more`).index).toBe(1);
  });

  it('takes of the least loaded the cheaper one, then who holds least', () => {
    const sut = policy();
    const all = [endpoint('a'), endpoint('b'), endpoint({ id: 'dear', cost: 2 })];
    choose(sut, [all[0]!], prompt('first'));
    all[1]!.lastChosen = 5;
    expect(choose(sut, all, prompt('second')).index).toBe(1);
    all[1]!.load = 1;
    expect(choose(sut, all, prompt('third')).index).toBe(0);
  });

  it('sends to others only what belongs to an overloaded one', () => {
    const sut = policy();
    const all = endpoints(3);
    const [a, b, c] = ['a', 'b', 'c'].map((name) => prompt(name));
    for (const text of [a, b, c]) serve(sut, all, text!);
    all[0]!.load = 100;
    all[1]!.load = 10;
    all[2]!.load = 1;
    expect(choose(sut, all, b!)).toEqual({ index: 1, reason: 'prefix' });
    expect(choose(sut, all, a!)).toEqual({ index: 2, reason: 'least load, prefix is overloaded' });
  });

  it('spills to who holds a shorter beginning, and goes back when the load is gone', () => {
    const sut = policy();
    const all = endpoints(3);
    const long = `${SYSTEM}${prompt('x', 100)}`;
    choose(sut, [all[1]!], SYSTEM);
    choose(sut, [all[0]!], long);
    all[0]!.load = 100;
    all[1]!.load = 5;
    expect(choose(sut, all, long)).toEqual({ index: 1, reason: 'prefix, longest is overloaded' });
    all[0]!.load = 0;
    expect(choose(sut, all, `${long} more`).index).toBe(0);
  });

  it('spreads what only shares a beginning, and keeps conversations', () => {
    const sut = policy({ balanceSharedThreshold: 8 });
    const all = endpoints(2);
    const turn = `${SYSTEM}${prompt('first', 100)}`;
    choose(sut, all, turn);
    all[0]!.load = 8;
    expect(choose(sut, all, `${SYSTEM}${prompt('second', 100)}`).index).toBe(0);
    all[0]!.load = 9;
    const spilled = choose(sut, all, `${SYSTEM}${prompt('third', 100)}`);
    expect(spilled).toEqual({ index: 1, reason: 'least load, prefix is overloaded' });
    all[0]!.load = 64;
    expect(choose(sut, all, `${turn} And then?`)).toEqual({ index: 0, reason: 'prefix' });
    expect(choose(sut, all, turn)).toEqual({ index: 0, reason: 'prefix' });
    // The other one has the beginning now.
    expect(choose(sut, all, `${SYSTEM}${prompt('fourth', 100)}`)).toEqual({
      index: 1,
      reason: 'prefix',
    });
  });

  it('remembers what an endpoint holds that cannot be used for a while', () => {
    const sut = policy();
    const all = endpoints(2);
    choose(sut, all, SYSTEM);
    expect(choose(sut, all.slice(1), SYSTEM).index).toBe(0);
    all[0]!.load = all[1]!.load = 3;
    sut.removed(all[1]!.id);
    expect(choose(sut, all, SYSTEM)).toEqual({ index: 0, reason: 'prefix' });
  });

  it('forgets an endpoint that has left, also if it comes back', () => {
    const sut = policy();
    const all = endpoints(2);
    choose(sut, all, SYSTEM);
    sut.removed(all[0]!.id);
    sut.removed('nobody');
    all[0]!.load = 1;
    expect(choose(sut, all, SYSTEM)).toEqual({ index: 1, reason: 'least load' });
    sut.tidy();
    expect(choose(sut, all, SYSTEM)).toEqual({ index: 1, reason: 'prefix' });
  });

  it('remembers what was used last', () => {
    const sut = policy({ maxTreeSize: 40_000 });
    const all = endpoints(1);
    for (let i = 0; i < 500; i++) choose(sut, all, prompt(i));
    const isKnown = (i: number): boolean =>
      sut.choose(all, { ...requestOf(undefined, prompt(i)), explain: true }).scores![0]! > 0.9;
    expect([499, 490, 480].map(isKnown)).toEqual([true, true, true]);
    expect([0, 300, 460].map(isKnown)).toEqual([false, false, false]);
  });

  it('takes a text that is longer than all it may remember', () => {
    const sut = policy({ maxTreeSize: 4000 });
    const all = endpoints(2);
    const long = prompt('long', 100_000);
    expect(choose(sut, all, long).reason).toBe('least load');
    all[0]!.load = 1;
    expect(choose(sut, all, long)).toEqual({ index: 0, reason: 'prefix' });
  });

  it('says of each candidate which share of the text it holds', () => {
    const sut = policy();
    const all = endpoints(3);
    choose(sut, [all[0]!], prompt('a', 320));
    choose(sut, [all[2]!], prompt('a', 640));
    const { scores } = sut.choose(all, {
      ...requestOf(undefined, prompt('a', 640)),
      explain: true,
    });
    expect(scores).toEqual([0.5, 0, 1]);
  });

  it('takes the least loaded one for no text, and remembers nothing', () => {
    const sut = policy();
    const all = endpoints(2);
    all[0]!.load = 1;
    expect(choose(sut, all, '')).toEqual({ index: 1, reason: 'no text, least load' });
  });

  it('lets requests without a text take turns, whoever remembers most', () => {
    const sut = policy();
    const all = endpoints(2);
    choose(sut, all, prompt('a', 640));
    all[0]!.lastChosen = 1;
    all[1]!.lastChosen = 2;
    expect(choose(sut, all, '')).toMatchObject({ index: 0 });
  });

  it.each(['hi', 'Hello', 'prompt 17'])('sends %j where it went before', (text) => {
    const sut = policy();
    const all = endpoints(2);
    choose(sut, all, text);
    all[0]!.load = 1;
    expect(choose(sut, all, text)).toEqual({ index: 0, reason: 'prefix' });
  });

  it('finds most of what comes again, and keeps loads together', () => {
    const random = randomOf(21);
    const sut = policy({ balanceAbsThreshold: 8 });
    const all = endpoints(6);
    const conversations = Array.from({ length: 60 }, (_, i) => `${SYSTEM}${prompt(i, 400)}`);
    const homes = new Map<number, number>();
    let kept = 0;
    for (let i = 0; i < 3000; i++) {
      const which = Math.floor(random() * random() * conversations.length);
      conversations[which] += ` turn ${i}`;
      const { index } = choose(sut, all, conversations[which]!);
      if (homes.get(which) === index) kept++;
      homes.set(which, index);
      all[index]!.load++;
      all[index]!.lastChosen = i;
      const busy = all.filter(({ load }) => load > 0);
      if (i > 60) busy[Math.floor(random() * busy.length)]!.load--;
      const loads = all.map(({ load }) => load);
      expect(Math.max(...loads) - Math.min(...loads)).toBeLessThan(20);
    }
    expect(kept / 3000).toBeGreaterThan(0.85);
  });
});

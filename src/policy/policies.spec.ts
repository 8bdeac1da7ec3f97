import { describe, expect, it } from '@jest/globals';
import {
  endpoint,
  endpoints,
  FakeTools,
  requestOf,
  type Endpoint,
} from '../../test/support/policy-harness.js';
import { randomOf } from '../../test/support/random-pods.js';
import type { Policy } from './policy.js';
import { createPolicy, POLICIES, policyNameOf, type PolicyName } from './policies.js';

const NAMES = POLICIES.map(({ name }) => name);

/** What a router does with a policy: endpoints come and go, requests begin and end. */
function simulate(
  name: PolicyName,
  seed: number,
  steps: number,
  check?: (chosen: number, among: readonly Endpoint[]) => void,
): string[] {
  const tools = new FakeTools(seed);
  const random = randomOf(seed + 1000);
  const below = (limit: number): number => Math.floor(random() * limit);
  const sut: Policy = createPolicy(name, tools, { maxTreeSize: 5000 });
  let pool = endpoints(6);
  let usable: readonly Endpoint[] = pool;
  let names = 6;
  const log: string[] = [];
  for (let step = 0; step < steps; step++) {
    tools.time += below(3000);
    const kind = random();
    if (kind < 0.05) pool = [...pool, endpoint(`http://e${names++}:8000`)];
    else if (kind < 0.1 && pool.length > 1) {
      const [left] = pool.splice(below(pool.length), 1);
      sut.removed?.(left!.id);
    } else if (kind < 0.12) sut.tidy?.();
    else if (kind < 0.15) sut.sessionEnded?.(`user ${below(10)}`);
    if (kind < 0.3) usable = pool.filter(() => random() < 0.8);
    if (usable.length === 0 || kind < 0.1) usable = [...pool];
    const text = below(3) === 0 ? '' : `Prompt ${below(5)} `.repeat(below(90));
    const session = below(2) === 0 ? undefined : `user ${below(10)}`;
    const { index } = sut.choose(usable, requestOf(session, text));
    check?.(index, usable);
    const chosen = usable[index]!;
    chosen.load++;
    chosen.lastChosen = tools.time;
    for (const each of pool) if (each.load > 0 && below(4) === 0) each.load--;
    log.push(chosen.id);
  }
  return log;
}

describe('the list of policies', () => {
  it('has every policy once, and no alias that is a name', () => {
    const spellings = POLICIES.flatMap(({ name, aliases }) => [name, ...aliases]);
    expect(new Set(spellings).size).toBe(spellings.length);
    expect(NAMES.toSorted()).toEqual([
      'bucket',
      'cache_aware',
      'consistent_hash',
      'kv_aware',
      'least_load',
      'manual',
      'power_of_two',
      'prefix_hash',
      'random',
      'rendezvous_hash',
      'round_robin',
      'sticky_least_loaded',
    ]);
  });

  it('knows older spellings', () => {
    expect(policyNameOf('cache_aware')).toBe('cache_aware');
    expect(policyNameOf('consistent_hashing')).toBe('consistent_hash');
    expect(['roundrobin', 'kv', '__proto__', ''].map(policyNameOf)).toEqual([
      'round_robin',
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('lets options differ from the defaults', () => {
    const all = endpoints(2);
    const sut = createPolicy('prefix_hash', new FakeTools(), { prefixTokenCount: 1 });
    const homes = Array.from(
      { length: 50 },
      (_, i) => sut.choose(all, requestOf(undefined, `same ${i}`)).index,
    );
    expect(new Set(homes).size).toBe(1);
  });
});

describe.each(NAMES)('%s', (name) => {
  const create = (): Policy => createPolicy(name, new FakeTools());

  it.each([1, 2, 3])('chooses one of the candidates, whoever comes and goes (seed %i)', (seed) => {
    const bad: unknown[] = [];
    simulate(name, seed, 1500, (chosen, among) => {
      if (!among[chosen]) bad.push(chosen);
    });
    expect(bad).toEqual([]);
  });

  it('makes the same choices again with the same time and chance', () => {
    expect(simulate(name, 7, 600)).toEqual(simulate(name, 7, 600));
  });

  it('takes the only one there is', () => {
    const sut = create();
    for (const request of [
      requestOf(undefined),
      requestOf('alice'),
      requestOf(undefined, 'text'),
      requestOf('', ''),
    ]) {
      expect(sut.choose(endpoints(1), request).index).toBe(0);
      expect(sut.choose([endpoint('other')], { ...request, explain: true }).index).toBe(0);
    }
  });

  it('gives a score for each candidate where it gives any, and a reason', () => {
    const sut = create();
    const all = endpoints(4);
    for (const request of [
      requestOf('alice', 'text'),
      requestOf(undefined, 'text'),
      requestOf(undefined),
    ]) {
      const { scores, reason } = sut.choose(all, { ...request, explain: true });
      expect(scores?.length ?? 4).toBe(4);
      expect(scores?.some(Number.isNaN) ?? false).toBe(false);
      expect(reason).toMatch(/^[a-z][a-z ,-]+$/);
      expect(sut.choose(all, request).scores).toBeUndefined();
    }
  });

  it.each([
    ['names of what objects have', '__proto__'],
    ['lone surrogates', '\uD83D'],
    ['emoji', '👩‍👩‍👧‍👦'.repeat(50)],
    ['Chinese', '预填充和解码'.repeat(500)],
    ['control characters', '\0\n\r\u2028'],
    ['a megabyte', 'lorem ipsum '.repeat(90_000)],
  ])('takes %s for a text, a session and an endpoint', (_, text) => {
    const sut = create();
    const all = [endpoint('constructor'), endpoint(text.slice(0, 99)), endpoint('toString')];
    for (const request of [requestOf(text), requestOf(undefined, text), requestOf(text, text)]) {
      for (let i = 0; i < 3; i++) expect(all[sut.choose(all, request).index]).toBeDefined();
    }
    sut.sessionEnded?.(text);
    sut.removed?.(text.slice(0, 99));
    expect(all[sut.choose(all, requestOf(text, text)).index]).toBeDefined();
  });

  it('leaves the candidates as they are', () => {
    const all = endpoints(3).map((each) => Object.freeze(each));
    const sut = create();
    expect(() => sut.choose(Object.freeze(all), requestOf('alice', 'text'))).not.toThrow();
  });
});

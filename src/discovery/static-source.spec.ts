import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '../../test/support/raw-client.js';
import { KeptLogger } from '../../test/support/fake-apiserver-watch-harness.js';
import { parseTarget } from '../endpoint/target.js';
import type { FoundEndpoint } from './endpoint-source.js';
import { StaticSource, type StaticSourceOptions } from './static-source.js';

let source: StaticSource | undefined;
const logger = new KeptLogger();
const TIMES = { again: 5, soon: 5, patience: 60_000 };

afterEach(() => source?.stop());

function follow(
  hosts: readonly string[],
  more: Partial<StaticSourceOptions> = {},
): { found: readonly FoundEndpoint[] | undefined; labels: string[] | undefined } {
  const seen = {
    found: undefined as readonly FoundEndpoint[] | undefined,
    get labels() {
      return this.found?.map(({ spec }) => spec.address.target.label);
    },
  };
  const named = hosts.map((host) => {
    const [label, models] = host.split(' ');
    return { target: parseTarget(label!)!, models: models?.split('|') };
  });
  source = new StaticSource({ hosts: named, logger, times: TIMES, ...more });
  source.start((found) => (seen.found = found));
  return seen;
}

describe(StaticSource.name, () => {
  it('has addresses as they are given, in their order', async () => {
    const seen = follow(['10.0.0.2:8000', '[::1]:8001', '10.0.0.1:8000 m|n']);
    await until(() => seen.found !== undefined);
    expect(seen.labels).toEqual(['10.0.0.2:8000', '[::1]:8001', '10.0.0.1:8000']);
    expect(seen.found!.map(({ spec }) => spec.models)).toEqual([undefined, undefined, ['m', 'n']]);
    expect(source!.provedAt).toBeDefined();
  });

  it('resolves localhost to the address of IPv4', async () => {
    const seen = follow(['localhost:8000']);
    await until(() => seen.found !== undefined);
    expect(seen.labels).toEqual(['127.0.0.1:8000']);
    expect(seen.found![0]!.spec.name).toBe('localhost:8000');
  });

  it('asks again, and follows what is answered', async () => {
    const answers: Record<string, string[]> = { a: ['10.0.0.1'], b: ['10.0.0.7', '10.0.0.8'] };
    const resolve = (name: string) => Promise.resolve(answers[name]!);
    const seen = follow(['a:1', 'b:2'], { resolve });
    await until(() => seen.labels?.join() === '10.0.0.1:1,10.0.0.7:2,10.0.0.8:2');
    answers['a'] = ['10.0.0.9'];
    await until(() => seen.labels?.[0] === '10.0.0.9:1');
    const before = seen.found;
    answers['b'] = ['10.0.0.8', '10.0.0.7'];
    let asked = 0;
    answers['a'] = new Proxy(answers['a'], { get: (at, key) => (asked++, Reflect.get(at, key)) });
    await until(() => asked > 10);
    expect(seen.found).toBe(before);
  });

  it('keeps the addresses of a name that cannot be resolved any more', async () => {
    let asked = 0;
    const resolve = () =>
      ++asked === 1 ? Promise.resolve(['10.0.0.1']) : Promise.reject(new Error('ENOTFOUND'));
    const seen = follow(['a:1'], { resolve });
    await until(() => asked > 3);
    expect(seen.labels).toEqual(['10.0.0.1:1']);
    expect(source!.fault).toBeUndefined();
  });

  it('says why nothing is known, and waits for no name longer than it has patience', async () => {
    let answer: (addresses: string[]) => void = () => undefined;
    const resolve = (name: string) =>
      name === 'bad'
        ? Promise.reject(new Error('ENOTFOUND'))
        : new Promise<string[]>((resolved) => (answer = resolved));
    const seen = follow(['bad:1', 'slow:2'], { resolve, times: { ...TIMES, patience: 20 } });
    await until(() => seen.found !== undefined);
    expect(seen.labels).toEqual([]);
    expect(source!.provedAt).toBeUndefined();
    expect(source!.fault).toBe('bad:1 cannot be resolved: ENOTFOUND');
    answer(['10.0.0.1']);
    await until(() => seen.labels?.join() === '10.0.0.1:2');
    expect(source!.provedAt).toBeDefined();
  });

  it('takes two hosts at one address for one that serves what both do', async () => {
    const resolve = () => Promise.resolve(['127.0.0.1']);
    const seen = follow(['a:1 m', '127.0.0.1:1 n|m', 'b:2 x', '127.0.0.1:2'], { resolve });
    await until(() => seen.found !== undefined);
    expect(seen.labels).toEqual(['127.0.0.1:1', '127.0.0.1:2']);
    expect(seen.found!.map(({ spec }) => spec.models)).toEqual([['m', 'n'], undefined]);
  });
});

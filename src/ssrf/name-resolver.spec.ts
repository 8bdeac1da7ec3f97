import { describe, expect, it } from '@jest/globals';
import { NameResolver } from './name-resolver.js';

describe(NameResolver.name, () => {
  it('gives canonical addresses, each once', async () => {
    const resolver = new NameResolver(() =>
      Promise.resolve(['10.0.0.1', '::ffff:10.0.0.1', 'FD00::0:1']),
    );
    expect(await resolver.resolve('x')).toEqual(['10.0.0.1', 'fd00::1']);
  });

  it('resolves by the system: localhost is the loopback, an unknown name is nothing', async () => {
    const resolver = new NameResolver();
    expect(['127.0.0.1', '::1']).toEqual(
      expect.arrayContaining([...(await resolver.resolve('localhost')!)]),
    );
    expect(await resolver.resolve('no-such-host.invalid')).toEqual([]);
  });

  it('asks for a few names at a time, and for no more than a queue of them', async () => {
    const answers: ((addresses: string[]) => void)[] = [];
    const resolver = new NameResolver(() => new Promise((resolve) => answers.push(resolve)));
    const results = Array.from({ length: 100 }, (_, i) => resolver.resolve(`n${i}`));
    expect(answers).toHaveLength(2);
    expect(results.filter((result) => result === undefined)).toHaveLength(34);
    let done = 0;
    for (const result of results) void result?.then(() => done++);
    while (done < 66) {
      answers.shift()?.(['10.0.0.1']);
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  it('asks once for all who wait for a name', async () => {
    let asked = 0;
    const resolver = new NameResolver(() => Promise.resolve([`10.0.0.${++asked}`]));
    expect(await Promise.all([resolver.resolve('a')!, resolver.resolve('a')!])).toEqual([
      ['10.0.0.1'],
      ['10.0.0.1'],
    ]);
    expect(await resolver.resolve('a')).toEqual(['10.0.0.2']);
  });

  it('gives up on a name that takes too long, and does not ask for it when nobody waits any more', async () => {
    const asked: string[] = [];
    let answer: () => void = () => undefined;
    const resolver = new NameResolver((name) => {
      asked.push(name);
      return new Promise((resolve) => (answer = () => resolve([])));
    }, 20);
    const names = ['n1', 'n2', 'n3', 'n4'];
    expect(await Promise.all(names.map((name) => resolver.resolve(name)!))).toEqual([
      [],
      [],
      [],
      [],
    ]);
    answer();
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toEqual(['n1', 'n2']);
  });
});

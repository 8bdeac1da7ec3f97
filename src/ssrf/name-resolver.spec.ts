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
      expect.arrayContaining([...(await resolver.resolve('localhost'))]),
    );
    expect(await resolver.resolve('no-such-host.invalid')).toEqual([]);
  });

  it('asks for a few names at a time, and for no more than a queue of them', async () => {
    const answers: ((addresses: string[]) => void)[] = [];
    const resolver = new NameResolver(() => new Promise((resolve) => answers.push(resolve)));
    const results = Array.from({ length: 100 }, (_, i) => resolver.resolve(`n${i}`));
    await Promise.resolve();
    expect(answers).toHaveLength(2);
    let done = 0;
    for (const result of results) void result.then(() => done++);
    while (done < 100) {
      answers.shift()?.(['10.0.0.1']);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const found = await Promise.all(results);
    expect(found.filter((addresses) => addresses.length > 0)).toHaveLength(66);
  });

  it('gives up on a name that takes too long', async () => {
    const resolver = new NameResolver(() => new Promise(() => undefined), 20);
    expect(await Promise.all([1, 2, 3].map((n) => resolver.resolve(`n${n}`)))).toEqual([
      [],
      [],
      [],
    ]);
  });
});

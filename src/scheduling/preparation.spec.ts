import { describe, expect, it } from '@jest/globals';
import { MemorySink } from '../../test/support/memory-sink.js';
import { named } from '../../test/support/scheduler-harness.js';
import { inferenceRequest, servers } from '../../test/support/scheduling-harness.js';
import { PinoLogger } from '../logging/pino-logger.js';
import type { Producer } from './plugin.js';
import { Preparation } from './preparation.js';

const ENDPOINTS = servers([{}]);

function finding(what: string, more: Partial<Producer> = {}): Producer {
  return { produce: ({ attributes }) => void attributes.set(what, attributes.size), ...more };
}

function waiting(what: string, until: Promise<void>): Producer {
  return {
    produce: async ({ attributes }) => void (await until, attributes.set(what, attributes.size)),
  };
}

class Fixture {
  readonly sink = new MemorySink();
  readonly request = inferenceRequest();
  time = 0;

  preparation(producers: Readonly<Record<string, Producer>>, deadline = 400): Preparation {
    return new Preparation(
      Object.entries(producers).map(([name, producer]) => named(name, producer)),
      { logger: new PinoLogger('warn', this.sink), now: () => this.time, deadline },
    );
  }

  get found(): unknown[] {
    return [...this.request.attributes];
  }

  get warned(): unknown[] {
    return this.sink.records.map(({ producer, reason }) => [producer, reason]);
  }
}

describe(Preparation, () => {
  it('asks producers one after another, and needs no promise where none of them does', () => {
    const given = new Fixture();
    const sut = given.preparation({ a: finding('a'), b: finding('b') });
    expect(sut.run(given.request, ENDPOINTS)).toBeUndefined();
    expect(given.found).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
  });

  it('waits for one that waits before it asks the next', async () => {
    const given = new Fixture();
    const { promise, resolve } = Promise.withResolvers<void>();
    const sut = given.preparation({
      a: finding('a'),
      b: waiting('b', promise),
      c: finding('c'),
      d: waiting('d', Promise.resolve()),
    });
    const prepared = sut.run(given.request, ENDPOINTS);
    expect(given.found).toEqual([['a', 0]]);
    resolve();
    await prepared;
    expect(given.found.map((each) => (each as string[])[0])).toEqual(['a', 'b', 'c', 'd']);
  });

  it('goes on without one that fails, and says so', async () => {
    const given = new Fixture();
    const fails = (): never => {
      throw new Error('no tokens');
    };
    const rejects = (): Promise<void> => Promise.reject(new Error('no answer'));
    const sut = given.preparation({
      fails: { produce: fails },
      rejects: { produce: rejects },
      last: finding('last'),
    });
    await sut.run(given.request, ENDPOINTS);
    expect(given.found).toEqual([['last', 0]]);
    expect(given.warned).toEqual([
      ['fails', 'no tokens'],
      ['rejects', 'no answer'],
    ]);
  });

  it('goes on without one that takes too long', async () => {
    const given = new Fixture();
    const never = new Promise<void>(() => undefined);
    const sut = given.preparation({ slow: waiting('slow', never), last: finding('last') }, 5);
    await sut.run(given.request, ENDPOINTS);
    expect(given.found).toEqual([['last', 0]]);
    expect(given.warned).toEqual([['slow', 'it took longer than 5 ms']]);
  });

  it('lets one fail behind its time', async () => {
    const given = new Fixture();
    const { promise, reject } = Promise.withResolvers<void>();
    await given.preparation({ slow: waiting('slow', promise) }, 5).run(given.request, ENDPOINTS);
    reject(new Error('too late'));
    await new Promise((done) => setImmediate(done));
    expect(given.warned).toHaveLength(1);
  });

  it('tells of one that keeps failing once in 10 seconds', () => {
    const given = new Fixture();
    const fails = (): never => {
      throw new Error('no tokens');
    };
    const sut = given.preparation({ fails: { produce: fails } });
    for (const time of [0, 5000, 9999, 10_000, 10_001]) {
      given.time = time;
      void sut.run(given.request, ENDPOINTS);
    }
    expect(given.warned).toHaveLength(2);
  });
});

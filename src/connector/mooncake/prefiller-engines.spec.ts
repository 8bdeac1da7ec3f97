import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeEngine, json, type EngineBehaviour } from '../../../test/support/fake-engine.js';
import { until } from '../../../test/support/raw-client.js';
import { addressTarget, parseTarget, type Target } from '../../endpoint/target.js';
import { ProxyError } from '../../errors/proxy.error.js';
import { PrefillerEngines, type EngineTimes, type KnownEngines } from './prefiller-engines.js';

const TARGET = addressTarget('127.0.0.1', 8000);
/** Nothing is too old, so that only the connection counts. */
const NEVER_OLD: EngineTimes = { timeout: 5000, fresh: 1e9, maxAge: 1e9 };
const NEVER: EngineBehaviour = () => undefined;
const redirect: EngineBehaviour = (response) => {
  response.writeHead(302, { location: '/elsewhere' }).end();
};
const cut: EngineBehaviour = (response) => {
  response.socket?.resetAndDestroy();
};
const begin: EngineBehaviour = (response) => {
  response.writeHead(200).write('{"0":');
};

const named = (id: string): EngineBehaviour => json({ 0: { engine_id: id } });

describe(PrefillerEngines.name, () => {
  let server: FakeEngine;
  const made: PrefillerEngines[] = [];
  beforeEach(async () => {
    server = await FakeEngine.start(named('a'));
  });
  afterEach(async () => {
    for (const one of made.splice(0)) one.close();
    await server.stop();
  });

  const enginesOf = (times: EngineTimes = NEVER_OLD, target: Target = TARGET): PrefillerEngines => {
    const engines = new PrefillerEngines(target, server.port, times);
    made.push(engines);
    return engines;
  };
  const idOf = async (engines: PrefillerEngines): Promise<string> =>
    (await engines.current()).engines[0]!.id;
  const failureOf = async (engines: PrefillerEngines): Promise<string> => {
    try {
      await engines.current();
    } catch (error) {
      return error instanceof ProxyError ? error.code : String(error);
    }
    return 'none';
  };
  /** Waits until somebody is asked, and for the answer. */
  const forgotten = async (engines: PrefillerEngines): Promise<void> => {
    let current = engines.current();
    await until(() => (current = engines.current()) instanceof Promise, 5000);
    await current;
  };
  const restart = async (id: string): Promise<void> => {
    const { port } = server;
    await server.stop();
    server = await FakeEngine.start(named(id), port);
  };

  it('asks once, and answers at once from then on', async () => {
    const engines = enginesOf();
    const [first, second] = await Promise.all([engines.current(), engines.current()]);
    expect(second).toBe(first);
    expect(engines.current()).toBe(first);
    expect(first).toMatchObject({ engines: [{ rank: '0', id: 'a' }], address: '127.0.0.1' });
    expect(server.requests).toHaveLength(1);
    expect(server.last).toMatchObject({ method: 'GET', url: '/query' });
    expect(server.last.headers).toMatchObject({
      host: `127.0.0.1:${server.port}`,
      'accept-encoding': 'identity',
    });
  });

  it('forgets what it knows when the process ends that told it', async () => {
    const engines = enginesOf();
    expect(await idOf(engines)).toBe('a');
    await restart('b');
    await forgotten(engines);
    expect(await idOf(engines)).toBe('b');
  });

  it('forgets it when the server ends the connection', async () => {
    const engines = enginesOf();
    await engines.current();
    server.last.socket.end();
    await forgotten(engines);
  });

  it('keeps nothing that comes on a connection which ends with it', async () => {
    server.behaviour = (response, request) => {
      response.setHeader('connection', 'close');
      return named('a')(response, request);
    };
    const engines = enginesOf();
    expect(await idOf(engines)).toBe('a');
    await forgotten(engines);
  });

  it('uses an answer that is not fresh while it asks again, on the same connection', async () => {
    const engines = enginesOf({ ...NEVER_OLD, fresh: 0 });
    const first = await engines.current();
    server.behaviour = named('b');
    expect(engines.current()).toBe(first);
    await until(() => (engines.current() as KnownEngines).engines[0]!.id === 'b', 5000);
    expect(server.connections).toBe(1);
  });

  it('uses no answer that is too old', async () => {
    const engines = enginesOf({ ...NEVER_OLD, fresh: 0, maxAge: 0 });
    expect(await idOf(engines)).toBe('a');
    server.behaviour = named('b');
    expect(await idOf(engines)).toBe('b');
  });

  it('forgets what it knows when it asks again in vain', async () => {
    const engines = enginesOf({ ...NEVER_OLD, fresh: 0 });
    await engines.current();
    server.behaviour = json('x', 500);
    await until(() => engines.current() instanceof Promise, 5000);
    expect(await failureOf(engines)).toBe('prefill_bootstrap');
  });

  it('survives the time-out of questions that were answered', async () => {
    const engines = enginesOf({ ...NEVER_OLD, timeout: 200 });
    const first = await engines.current();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(engines.current()).toBe(first);
    expect(server.connections).toBe(1);
  });

  it.each([
    ['another status', json({ 0: { engine_id: 'a' } }, 201)],
    ['a redirect', redirect],
    ['no JSON', json('<html>')],
    ['no engine', json({})],
    ['an answer without end', json(JSON.stringify({ 0: { engine_id: 'a', x: 'x'.repeat(2e6) } }))],
    ['a connection that is cut', cut],
  ] as const)('fails after %s, and asks again', async (_, behaviour) => {
    const engines = enginesOf();
    server.behaviour = behaviour;
    expect(await failureOf(engines)).toBe('prefill_bootstrap');
    server.behaviour = named('a');
    expect(await idOf(engines)).toBe('a');
  });

  it('fails when nobody listens', async () => {
    const engines = enginesOf();
    await server.stop();
    expect(await failureOf(engines)).toBe('prefill_bootstrap');
    server = await FakeEngine.start(NEVER);
  });

  it.each([
    ['an answer', NEVER],
    ['the rest of an answer', begin],
  ] as const)('does not wait without end for %s', async (_, behaviour) => {
    server.behaviour = behaviour;
    const engines = enginesOf({ ...NEVER_OLD, timeout: 100 });
    expect(await failureOf(engines)).toBe('prefill_bootstrap_timeout');
    await until(() => server.connections === 0, 5000);
  });

  describe('of a name', () => {
    const name = (addresses?: readonly string[]): Target => ({
      ...parseTarget('localhost:8000')!,
      ...(addresses && { addresses }),
    });

    it('asks the addresses that were checked, one after another, and says which one answered', async () => {
      const engines = enginesOf(NEVER_OLD, name(['127.0.0.7', '127.0.0.1']));
      expect((await engines.current()).address).toBe('127.0.0.1');
    });

    it('stays with the one that answered', async () => {
      const engines = enginesOf({ ...NEVER_OLD, fresh: 0 }, name(['127.0.0.7', '127.0.0.1']));
      await engines.current();
      const first = await FakeEngine.start(named('b'), server.port, undefined, '127.0.0.7');
      try {
        void engines.current();
        await server.received(2);
        expect(first.requests).toHaveLength(0);
      } finally {
        await first.stop();
      }
    });

    it('resolves one that was not checked', async () => {
      expect((await enginesOf(NEVER_OLD, name()).current()).address).toBe('127.0.0.1');
    });
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../test/support/free-port.js';
import { saying, whole } from '../../test/support/net-engine.js';
import { until } from '../../test/support/raw-client.js';
import { originOf, UpstreamHarness } from '../../test/support/upstream-harness.js';
import { UpstreamService } from './upstream.service.js';

describe(`${UpstreamService.name}, told of a request that will come,`, () => {
  let harness: UpstreamHarness;
  beforeEach(() => {
    harness = new UpstreamHarness();
  });
  afterEach(() => harness.stop());

  it('opens one connection, which that request uses', async () => {
    const engine = await harness.start(saying(whole()));
    for (let i = 0; i < 3; i++) harness.upstream.prepare(originOf(engine.port));
    await engine.connection(1);
    await sleep(20);
    expect(await harness.ask(engine)).toMatchObject({ payload: 'ok', done: true });
    expect(engine.connections).toHaveLength(1);
  });

  it('opens none while one is kept', async () => {
    const engine = await harness.start(saying(whole()));
    await harness.ask(engine);
    harness.upstream.prepare(originOf(engine.port));
    await sleep(20);
    expect(engine.connections).toHaveLength(1);
  });

  it('does not make a request wait that comes earlier', async () => {
    const engine = await harness.start(saying(whole()));
    harness.upstream.prepare(originOf(engine.port));
    expect(await harness.ask(engine)).toMatchObject({ payload: 'ok', done: true });
    expect(await harness.ask(engine)).toMatchObject({ payload: 'ok', done: true });
    expect(engine.connections).toHaveLength(2);
  });

  it('uses another one when the engine closed it', async () => {
    const engine = await harness.start(saying(whole()));
    harness.upstream.prepare(originOf(engine.port));
    const { socket } = await engine.connection(1);
    socket.end();
    await until(() => engine.open === 0);
    expect(await harness.ask(engine)).toMatchObject({ payload: 'ok', done: true });
    expect(engine.connections).toHaveLength(2);
  });

  it('sends nothing twice when the engine breaks off in its work', async () => {
    const engine = await harness.start(({ socket }) => {
      setTimeout(() => socket.resetAndDestroy(), 20);
    });
    harness.upstream.prepare(originOf(engine.port));
    await engine.connection(1);
    await sleep(80);
    expect((await harness.ask(engine)).failure).toMatchObject({ failure: 'reset' });
    expect(engine.heads).toBe(1);
  });

  it('leaves an engine that is not there to the request', async () => {
    const port = await freePort();
    for (let i = 0; i < 3; i++) {
      harness.upstream.prepare(originOf(port));
      await sleep(10);
    }
    const engine = await harness.start(saying(whole()), { port });
    harness.upstream.prepare(originOf(port));
    await engine.connection(1);
    expect(await harness.ask(engine)).toMatchObject({ payload: 'ok', done: true });
  });

  it('closes what nobody used when it shuts down', async () => {
    const engine = await harness.start(saying(whole()));
    harness.upstream.prepare(originOf(engine.port));
    await engine.connection(1);
    harness.upstream.onApplicationShutdown();
    await until(() => engine.open === 0);
    harness.upstream.prepare(originOf(engine.port));
    await sleep(20);
    expect(engine.connections).toHaveLength(1);
  });
});

import { Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LoggingModule } from '../logging/logging.module.js';
import { MemorySink } from '../../test/support/memory-sink.js';
import { PinoLogger } from '../logging/pino-logger.js';
import { HealthModule } from './health.module.js';
import { createHealthState, type HealthState } from './health-state.js';

type Application = INestApplication<Server>;

@Module({})
class AppModule {}

let decoder: Server;
let decoderStatus: number;
let app: Application;

async function setUp(): Promise<{ url: string; sink: MemorySink; state: HealthState }> {
  decoderStatus = 200;
  decoder = createServer((_, response) => void response.writeHead(decoderStatus).end());
  await once(decoder.listen(0, '127.0.0.1'), 'listening');
  const { port } = decoder.address() as AddressInfo;
  const sink = new MemorySink();
  const state = createHealthState({ port, keptMs: 0 });
  const imports = [LoggingModule.of(new PinoLogger('info', sink)), HealthModule.of(state)];
  app = await NestFactory.create<Application>({ module: AppModule, imports }, { logger: false });
  await app.listen(0, '127.0.0.1');
  const address = app.getHttpServer().address() as AddressInfo;
  return { url: `http://127.0.0.1:${address.port}/health`, sink, state };
}

describe(HealthModule.name, () => {
  afterEach(async () => {
    await app.close();
    decoder.closeAllConnections();
    decoder.close();
  });

  it('answers liveness with 200, also without a decoder and while draining', async () => {
    const { url, state } = await setUp();
    decoderStatus = 500;
    state.drain.begin();
    for (const method of ['GET', 'HEAD']) {
      const response = await fetch(url, { method });
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toBe('no-store');
    }
  });

  it('is ready when the decoder is reachable', async () => {
    const { url } = await setUp();
    const response = await fetch(`${url}/ready`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      status: 'ok',
      details: { decoder: { status: 'up' }, shutdown: { status: 'up' } },
    });
    expect((await fetch(`${url}/ready`, { method: 'HEAD' })).status).toBe(200);
  });

  it('is not ready when the decoder is not, and says so', async () => {
    const { url } = await setUp();
    decoderStatus = 503;
    const response = await fetch(`${url}/ready`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      status: 'error',
      error: { decoder: { status: 'down', message: 'answers with status 503' } },
    });
    expect((await fetch(`${url}/ready`, { method: 'HEAD' })).status).toBe(503);
  });

  it('is not ready once the shutdown has begun', async () => {
    const { url, state } = await setUp();
    state.drain.begin();
    const response = await fetch(`${url}/ready`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ error: { shutdown: { message: 'draining' } } });
  });

  it('asks what features register, and hides what a broken one throws', async () => {
    const { url, state } = await setUp();
    state.registry.register({
      name: 'allowlist',
      check: () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.1:443')),
    });
    const response = await fetch(`${url}/ready`);
    expect(response.status).toBe(503);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ error: { allowlist: { status: 'down' } } });
    expect(text).not.toContain('10.0.0.1');
  });

  it('logs a change once, not each probe', async () => {
    const { url, sink } = await setUp();
    for (const status of [200, 503, 503, 503, 200, 200]) {
      decoderStatus = status;
      await fetch(`${url}/ready`);
    }
    expect(sink.records).toEqual([
      expect.objectContaining({
        level: 'warn',
        msg: 'not ready',
        indicator: 'decoder',
        reason: 'answers with status 503',
      }),
      expect.objectContaining({ level: 'info', msg: 'ready again', indicator: 'decoder' }),
    ]);
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
} from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { DecoderHealth, type DecoderHealthOptions } from './decoder.health.js';
import { createSelfSigned } from '../tls/self-signed.js';

const servers: (Server | TcpServer)[] = [];

async function listen(server: Server | TcpServer, host = '127.0.0.1', port = 0): Promise<number> {
  servers.push(server);
  server.listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function decoder(handler: RequestListener, host?: string): Promise<number> {
  return listen(createServer(handler), host);
}

function check(options: DecoderHealthOptions): ReturnType<DecoderHealth['check']> {
  return new DecoderHealth(options).check();
}

describe(DecoderHealth.name, () => {
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      if ('closeAllConnections' in server) server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  });

  it('asks GET /health', async () => {
    const asked: unknown[] = [];
    const port = await decoder((request, response) => {
      asked.push([request.method, request.url]);
      response.end('{}');
    });
    expect(await check({ port })).toEqual({ ready: true });
    expect(asked).toEqual([['GET', '/health']]);
  });

  it.each([204, 302, 401, 404, 499])('takes status %i as reachable', async (status) => {
    const port = await decoder((_, response) => {
      response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end();
    });
    expect(await check({ port })).toEqual({ ready: true });
  });

  it.each([500, 503])('takes status %i as not ready', async (status) => {
    const port = await decoder((_, response) => void response.writeHead(status).end());
    expect(await check({ port })).toEqual({
      ready: false,
      message: `answers with status ${status}`,
    });
  });

  it('tries ::1 after 127.0.0.1', async () => {
    const port = await decoder((_, response) => void response.end(), '::1');
    expect(await check({ port })).toEqual({ ready: true });
  });

  it('says when nothing listens, without an address', async () => {
    const port = await decoder(() => {});
    servers.splice(0).forEach((server) => server.close());
    expect(await check({ port })).toEqual({ ready: false, message: 'refuses connections' });
  });

  it('gives up on a decoder that does not answer', async () => {
    const port = await decoder(() => {});
    expect(await check({ port, timeoutMs: 50 })).toEqual({
      ready: false,
      message: 'does not answer in time',
    });
  });

  it('gives up on an answer that is not HTTP', async () => {
    const server = createTcpServer((socket) =>
      socket
        .on('error', () => {})
        .resume()
        .end('SSH-2.0-x\r\n'),
    );
    const { ready } = await check({ port: await listen(server) });
    expect(ready).toBe(false);
  });

  it('does not wait for the end of a body', async () => {
    const port = await decoder((_, response) => void response.writeHead(200).write('a'));
    expect(await check({ port })).toEqual({ ready: true });
  });

  it('shares one probe among callers at the same time and keeps its result', async () => {
    let probes = 0;
    const port = await decoder((_, response) => {
      probes += 1;
      setTimeout(() => response.end(), 20);
    });
    const sut = new DecoderHealth({ port, keptMs: 100 });
    await Promise.all(Array.from({ length: 50 }, () => sut.check()));
    await sut.check();
    expect(probes).toBe(1);
    while (probes === 1) await wait(10).then(() => sut.check());
    expect(probes).toBe(2);
  });

  it('speaks TLS with the settings of the decode leg', async () => {
    const pair = await createSelfSigned(['127.0.0.1']);
    const port = await listen(createTlsServer(pair, (_, response) => void response.end()));
    expect(await check({ port, tls: { rejectUnauthorized: false } })).toEqual({ ready: true });
    expect(await check({ port, tls: { ca: pair.cert } })).toEqual({ ready: true });
    expect(await check({ port, tls: {} })).toEqual({
      ready: false,
      message: 'is not reachable (DEPTH_ZERO_SELF_SIGNED_CERT)',
    });
  });
});

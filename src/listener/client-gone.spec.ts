import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import { until } from '../../test/support/raw-client.js';
import { SilentLogger } from '../logging/silent-logger.js';
import { ServerCertificates } from '../tls/certificates.js';
import { onClientGone } from './client-gone.js';
import { createListener, type Listener } from './listener.js';

const listeners: Listener[] = [];
const sockets: Socket[] = [];
const logger = new SilentLogger();

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const listener of listeners.splice(0)) listener.closeNow();
});

interface Fixture {
  readonly port: number;
  /** Paths whose client left, in order. */
  readonly gone: string[];
  readonly open: Map<string, { response: ServerResponse; unsubscribe: () => void }>;
}

async function start(secure = false): Promise<Fixture> {
  const certificates = { defaultPath: '/nowhere', requireValidCert: false, logger };
  const options = secure ? { tls: await ServerCertificates.load(certificates) } : {};
  const gone: string[] = [];
  const open: Fixture['open'] = new Map();
  const listener = createListener(
    { port: 0, bindAddress: '127.0.0.1', logger, ...options },
    (request, response) => {
      const path = request.url ?? '';
      open.set(path, { response, unsubscribe: onClientGone(response, () => gone.push(path)) });
    },
    () => undefined,
  );
  listeners.push(listener);
  return { port: (await listener.listen()).port, gone, open };
}

async function connect(port: number, secure = false): Promise<Socket> {
  const socket = secure
    ? tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
    : net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, secure ? 'secureConnect' : 'connect');
  return socket;
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

describe(onClientGone.name, () => {
  it.each([
    ['closes', (socket: Socket) => socket.destroy()],
    ['resets', (socket: Socket) => socket.resetAndDestroy()],
    ['closes its sending half', (socket: Socket) => socket.end()],
  ])('calls back once when the client %s', async (_name, leave) => {
    const { port, gone, open } = await start();
    const socket = await connect(port);
    socket.write(get('/a'));
    await until(() => open.has('/a'));
    leave(socket);
    await until(() => gone.length > 0);
    await until(() => open.get('/a')!.response.closed);
    expect(gone).toEqual(['/a']);
  });

  it.each([
    ['a part of a second request', 'GET /b HT'],
    ['bytes that are no HTTP', '\0\0\0\0'],
  ])('ends the connection of a client that leaves behind %s', async (_name, rest) => {
    const { port, gone, open } = await start();
    const socket = await connect(port);
    socket.write(get('/a') + rest);
    await until(() => open.has('/a'));
    socket.end();
    await until(() => gone.length > 0);
    await until(() => open.get('/a')!.response.closed);
    expect(gone).toEqual(['/a']);
  });

  it('works while the answer is being streamed', async () => {
    const { port, gone, open } = await start();
    const socket = await connect(port);
    socket.write(get('/a'));
    await until(() => open.has('/a'));
    const answered = once(socket, 'data');
    open.get('/a')!.response.write('part');
    await answered;
    socket.destroy();
    await until(() => gone.length > 0);
  });

  it('works over TLS', async () => {
    const { port, gone, open } = await start(true);
    const socket = await connect(port, true);
    socket.write(get('/a'));
    await until(() => open.has('/a'));
    socket.end();
    await until(() => gone.length > 0);
    expect(gone).toEqual(['/a']);
  });

  it('tells of the pipelined request that is being answered', async () => {
    const { port, gone, open } = await start();
    const socket = await connect(port);
    socket.write(get('/a') + get('/b') + get('/c'));
    await until(() => open.has('/a'));
    const answered = once(socket, 'data');
    open.get('/a')!.response.end('done');
    await answered;
    await until(() => open.has('/b'));
    socket.destroy();
    await until(() => gone.length > 0);
    await until(() => open.get('/b')!.response.closed);
    expect(gone).toEqual(['/b']);
    expect(open.size).toBe(2);
  });

  it('never calls back for an answered request of a connection that goes on', async () => {
    const { port, gone, open } = await start();
    const socket = await connect(port);
    for (const path of ['/a', '/b']) {
      socket.write(get(path));
      await until(() => open.has(path));
      const answered = once(socket, 'data');
      open.get(path)!.response.end('done');
      await answered;
    }
    socket.destroy();
    await until(() => open.get('/b')!.response.req.socket.destroyed);
    expect(gone).toEqual([]);
  });

  it('keeps quiet after the watch ended', async () => {
    const { port, gone, open } = await start();
    const socket = await connect(port);
    socket.write(get('/a'));
    await until(() => open.has('/a'));
    const { response, unsubscribe } = open.get('/a')!;
    unsubscribe();
    socket.destroy();
    await until(() => response.closed);
    expect(gone).toEqual([]);
  });

  it('does not take a cut from this side for a client that left', async () => {
    const { port, gone, open } = await start();
    const socket = await connect(port);
    socket.write(get('/a'));
    await until(() => open.has('/a'));
    const { response } = open.get('/a')!;
    response.destroy();
    await until(() => response.closed && response.req.socket.closed);
    expect(gone).toEqual([]);
  });

  it('calls back soon where the client had left before', async () => {
    const { port, open } = await start();
    const socket = await connect(port);
    socket.write(get('/a'));
    await until(() => open.has('/a'));
    const { response } = open.get('/a')!;
    socket.destroy();
    await until(() => response.closed);
    await new Promise((resolve) => onClientGone(response, resolve));
  });
});

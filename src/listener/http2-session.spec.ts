import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import { until } from '../../test/support/raw-client.js';
import { SilentLogger } from '../logging/silent-logger.js';
import { createSelfSigned } from '../tls/self-signed.js';
import { serveHttp2 } from './http2-session.js';

const PING_MS = 50;
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const SETTINGS = [0, 0, 0, 4, 0, 0, 0, 0, 0];
/** GET https://a/ on stream 1, complete; names and values by HPACK's static table but for the authority. */
const GET = [0, 0, 6, 1, 5, 0, 0, 0, 1, 0x82, 0x84, 0x87, 0x41, 1, 0x61];

describe(serveHttp2.name, () => {
  const cleanups: (() => void)[] = [];
  let streams = 0;

  afterEach(() => {
    for (const cleanup of cleanups.splice(0)) cleanup();
  });

  async function start(): Promise<number> {
    streams = 0;
    const { cert, key } = await createSelfSigned(['localhost']);
    const server = tls.createServer({ cert, key, ALPNProtocols: ['h2'] }, (socket) => {
      const accept = (): void => void streams++;
      const session = serveHttp2(socket, { accept, logger: new SilentLogger() }, PING_MS);
      cleanups.push(() => session.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => server.close());
    return (server.address() as AddressInfo).port;
  }

  async function connect(port: number): Promise<TLSSocket> {
    const options = { rejectUnauthorized: false, ALPNProtocols: ['h2'] };
    const socket = tls.connect(port, '127.0.0.1', options);
    socket.on('error', () => undefined);
    cleanups.push(() => socket.destroy());
    await once(socket, 'secureConnect');
    return socket;
  }

  it('ends a session with open streams whose client answers no ping', async () => {
    const socket = await connect(await start());
    let closed = false;
    socket.on('close', () => (closed = true)).resume();
    socket.write(Buffer.concat([Buffer.from(PREFACE), Buffer.from([...SETTINGS, ...GET])]));
    await until(() => streams === 1);
    await until(() => closed);
  });

  it('leaves a session alone whose client answers, and one without streams', async () => {
    const port = await start();
    const client = http2.connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    cleanups.push(() => client.destroy());
    let pings = 0;
    client.on('ping', () => pings++);
    const silent = await connect(port);
    silent.write(Buffer.concat([Buffer.from(PREFACE), Buffer.from(SETTINGS)]));
    client.request({ ':path': '/' }).on('error', () => undefined);
    await until(() => pings >= 4);
    expect(client.closed).toBe(false);
    expect(silent.destroyed).toBe(false);
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls, { type TLSSocket } from 'node:tls';
import { RawClient, until } from '../../test/support/raw-client.js';
import { SilentLogger } from '../logging/silent-logger.js';
import { ServerCertificates } from '../tls/certificates.js';
import { createSelfSigned } from '../tls/self-signed.js';
import { createTlsFront, type TlsFrontOptions } from './tls-front.js';

const cleanups: (() => void)[] = [];
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'front-'));
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) cleanup();
  await rm(directory, { recursive: true, force: true });
});

async function writePair(name: string): Promise<string> {
  const { cert, key, leaf } = await createSelfSigned([name]);
  await writeFile(join(directory, 'tls.crt'), cert);
  await writeFile(join(directory, 'tls.key'), key);
  return leaf.fingerprint256;
}

async function start(options: Partial<TlsFrontOptions> = {}): Promise<number> {
  const logger = new SilentLogger();
  const certificates = await ServerCertificates.load({
    certPath: directory,
    requireValidCert: false,
    logger,
    pollMs: 50,
  });
  const front = createTlsFront({ certificates, logger, ...options }, (socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  cleanups.push(() => {
    front.close();
    front.dropHandshakes();
    certificates.close();
    front.server.close();
  });
  front.server.listen(0, '127.0.0.1');
  await once(front.server, 'listening');
  return (front.server.address() as net.AddressInfo).port;
}

async function dial(port: number, options: tls.ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  cleanups.push(() => socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

async function echoes(socket: TLSSocket): Promise<string> {
  const answer = once(socket, 'data');
  socket.write('ping');
  return String((await answer)[0]);
}

describe(createTlsFront.name, () => {
  it.each([
    [['h2', 'http/1.1'], 'h2'],
    [['http/1.1'], 'http/1.1'],
    [undefined, false],
  ])('agrees with a client that offers %j on %s', async (offer, expected) => {
    const port = await start();
    const socket = await dial(port, offer === undefined ? {} : { ALPNProtocols: offer });
    expect(socket.alpnProtocol).toBe(expected);
    expect(await echoes(socket)).toBe('ping');
  });

  it('speaks TLS 1.2 and 1.3 and nothing older', async () => {
    const port = await start();
    expect((await dial(port, { maxVersion: 'TLSv1.2' })).getProtocol()).toBe('TLSv1.2');
    expect((await dial(port)).getProtocol()).toBe('TLSv1.3');
    const old = {
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL:@SECLEVEL=0',
    } as const;
    await expect(dial(port, old)).rejects.toMatchObject({ code: expect.stringMatching(/SSL/) });
  });

  it('can be held to TLS 1.3', async () => {
    const port = await start({ minVersion: 'TLSv1.3' });
    await expect(dial(port, { maxVersion: 'TLSv1.2' })).rejects.toThrow(/version/);
  });

  it('tells a client that speaks plain HTTP what is wrong', async () => {
    const client = await RawClient.connect(await start());
    cleanups.push(() => client.destroy());
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const answer = await client.answer();
    expect(answer.status).toBe(400);
    expect(answer.body.toString()).toBe('Client sent an HTTP request to an HTTPS server.\n');
  });

  it.each([
    ['a megabyte of noise', Buffer.alloc(1 << 20, 0xa5)],
    ['noise in the shape of a record', Buffer.from('160301ffff', 'hex')],
    ['a truncated hello', Buffer.from('16030100050100', 'hex')],
  ])('drops %s and goes on', async (_name, bytes) => {
    const port = await start({ handshakeTimeoutMs: 200 });
    const client = await RawClient.connect(port);
    client.write(bytes);
    await client.ended();
    expect(await echoes(await dial(port))).toBe('ping');
  });

  it('frees connections that never finish their handshake', async () => {
    const port = await start({ handshakeTimeoutMs: 150 });
    const clients = await Promise.all(Array.from({ length: 50 }, () => RawClient.connect(port)));
    // One byte now and then does not extend the time.
    const drip = setInterval(() => clients[0]!.write('\x16'), 40);
    cleanups.push(() => clearInterval(drip));
    await Promise.all(clients.map((client) => client.ended()));
  });

  it('survives clients that reset within the handshake', async () => {
    const port = await start();
    for (let i = 0; i < 20; i++) {
      const socket = net.connect(port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(Buffer.from('1603010100010000fc0303', 'hex'));
      socket.resetAndDestroy();
    }
    expect(await echoes(await dial(port))).toBe('ping');
  });

  it('shows a renewed certificate to new clients and keeps the old connections', async () => {
    const first = await writePair('first.test');
    const port = await start();
    const old = await dial(port);
    expect(old.getPeerCertificate().fingerprint256).toBe(first);
    const second = await writePair('second.test');
    let seen = first;
    while (seen === first) {
      const socket = await dial(port);
      seen = socket.getPeerCertificate().fingerprint256;
      socket.destroy();
    }
    expect(seen).toBe(second);
    expect(await echoes(old)).toBe('ping');
    await writeFile(join(directory, 'tls.crt'), 'garbage');
    await new Promise((resolve) => setTimeout(resolve, 150));
    const after = await dial(port);
    await until(() => after.getPeerCertificate().fingerprint256 === second);
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls, { type ConnectionOptions, type TLSSocket } from 'node:tls';
import { clientTls, connectTls, skipVerifyWarning } from './client-tls.js';
import type { KeyPair } from './key-pair.js';
import { createSelfSigned } from './self-signed.js';
import { describeTlsError, isTlsError } from './tls-error.js';

interface Seen {
  readonly servername: string | false | null;
  readonly alpn: string | false | null;
  readonly resumed: boolean;
}

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(pair: KeyPair): Promise<{ port: number; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = tls.createServer(
    { cert: pair.cert, key: pair.key, ALPNProtocols: ['h2', 'http/1.1'] },
    (socket) => {
      seen.push({
        servername: (socket as { servername?: string | false }).servername ?? null,
        alpn: socket.alpnProtocol,
        resumed: socket.isSessionReused(),
      });
      socket.on('error', () => undefined);
      socket.write('hello');
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return { port: (server.address() as AddressInfo).port, seen };
}

const dial = (options: ConnectionOptions, port: number): TLSSocket =>
  connectTls(options, '127.0.0.1', port);

/** Resolves with the connected socket after its first bytes, or with the error. */
async function outcome(socket: TLSSocket): Promise<unknown> {
  closers.push(() => socket.destroy());
  try {
    await once(socket, 'data');
    return socket.authorized;
  } catch (error) {
    return error;
  }
}

describe(clientTls.name, () => {
  it('verifies against --ca-cert, sends the name as SNI and offers HTTP/1.1 alone', async () => {
    const pair = await createSelfSigned(['engine.test']);
    const { port, seen } = await serve(pair);
    const options = clientTls({ insecureSkipVerify: false, caCert: pair.cert }, 'engine.test');
    expect(await outcome(dial(options, port))).toBe(true);
    expect(seen).toEqual([{ servername: 'engine.test', alpn: 'http/1.1', resumed: false }]);
  });

  it('verifies IP addresses without sending them as SNI', async () => {
    const pair = await createSelfSigned(['127.0.0.1']);
    const { port, seen } = await serve(pair);
    const options = clientTls({ insecureSkipVerify: false, caCert: pair.cert }, '127.0.0.1');
    expect(await outcome(dial(options, port))).toBe(true);
    expect(seen[0]?.servername).toBe(false);
  });

  it('looks for the overriding name instead of the address', async () => {
    const pair = await createSelfSigned(['pods.test']);
    const { port, seen } = await serve(pair);
    const settings = { insecureSkipVerify: false, caCert: pair.cert };
    const right = clientTls({ ...settings, serverName: 'pods.test' }, '127.0.0.1');
    expect(await outcome(dial(right, port))).toBe(true);
    expect(seen[0]?.servername).toBe('pods.test');
    const wrong = clientTls({ ...settings, serverName: 'other.test' }, '127.0.0.1');
    const error = await outcome(dial(wrong, port));
    expect(error).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  it('accepts any certificate where verification is off', async () => {
    const { port } = await serve(await createSelfSigned(['whoever.test']));
    const options = clientTls({ insecureSkipVerify: true }, 'engine.test');
    expect(await outcome(dial(options, port))).toBe(false);
  });

  it('resumes the session of an earlier connection', async () => {
    const pair = await createSelfSigned(['engine.test']);
    const { port, seen } = await serve(pair);
    const options = clientTls({ insecureSkipVerify: false, caCert: pair.cert }, 'engine.test');
    const first = dial(options, port);
    const session = once(first, 'session');
    await outcome(first);
    await session;
    expect(await outcome(dial(options, port))).toBe(true);
    expect(seen.map(({ resumed }) => resumed)).toEqual([false, true]);
  });
});

describe(describeTlsError.name, () => {
  it('tells the reason, the name and the chain of an untrusted peer', async () => {
    const { port } = await serve(await createSelfSigned(['engine.test']));
    const socket = dial(clientTls({ insecureSkipVerify: false }, 'engine.test'), port);
    const error = await outcome(socket);
    expect(isTlsError(error)).toBe(true);
    expect(describeTlsError(new Error('leg failed', { cause: error }))).toMatchObject({
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      host: 'engine.test',
      chain: [{ subject: expect.stringContaining('tandem'), names: 'DNS:engine.test' }],
    });
  });

  it('tells the names of a certificate that is for somebody else', async () => {
    const pair = await createSelfSigned(['engine.test']);
    const { port } = await serve(pair);
    const options = clientTls({ insecureSkipVerify: false, caCert: pair.cert }, 'other.test');
    const error = await outcome(dial(options, port));
    expect(describeTlsError(error)).toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
      host: 'other.test',
      chain: [{ names: 'DNS:engine.test' }],
    });
  });

  it('is not for errors of the network', () => {
    expect(isTlsError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))).toBe(false);
    expect(isTlsError(undefined)).toBe(false);
    expect(describeTlsError(new Error('reset'))).toEqual({});
  });
});

describe(skipVerifyWarning.name, () => {
  it('names the upstreams, and is silent where there is none', () => {
    expect(skipVerifyWarning(['prefiller', 'decoder'])).toContain('prefiller, decoder');
    expect(skipVerifyWarning([])).toBeUndefined();
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import net from 'node:net';
import { RawClient, until } from '../../test/support/raw-client.js';
import { valuesOf, type RawAnswer } from '../../test/support/raw-answer.js';
import { SilentLogger } from '../logging/silent-logger.js';
import { ListenError } from './bind.js';
import { awaitsContinue, sendContinue } from './expect-continue.js';
import { createListener, type Listener, type ListenerOptions } from './listener.js';

const listeners: Listener[] = [];
const clients: RawClient[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  for (const listener of listeners.splice(0)) listener.closeNow();
});

/** Paths that reached the handler. */
let handled: string[] = [];

function echo(request: IncomingMessage, response: ServerResponse): void {
  handled.push(request.url ?? '');
  let size = 0;
  request.on('data', (chunk: Buffer) => (size += chunk.length));
  request.on('end', () => response.end(`${request.method} ${request.url} ${size}`));
}

async function start(
  handle = echo,
  options: Partial<ListenerOptions> = {},
): Promise<{ port: number; listener: Listener }> {
  handled = [];
  const listener = createListener(
    { port: 0, bindAddress: '127.0.0.1', logger: new SilentLogger(), ...options },
    handle,
    (_request, socket, head) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n');
      socket.write(head);
      socket.pipe(socket);
    },
  );
  listeners.push(listener);
  return { port: (await listener.listen()).port, listener };
}

async function connect(port: number): Promise<RawClient> {
  const client = await RawClient.connect(port);
  clients.push(client);
  return client;
}

async function send(
  port: number,
  bytes: string,
): Promise<{ client: RawClient; answer: RawAnswer }> {
  const client = await connect(port);
  client.write(bytes);
  return { client, answer: await client.answer() };
}

const HOST = 'Host: a.test\r\n';

describe(createListener.name, () => {
  it.each([
    ['two Host lines', `GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
    ['an empty Host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n'],
    ['userinfo in Host', 'GET / HTTP/1.1\r\nHost: u@a\r\n\r\n'],
    ['two lengths', `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 1\r\n\r\nx`],
    ['a signed length', `POST / HTTP/1.1\r\n${HOST}Content-Length: +1\r\n\r\nx`],
    [
      'length and coding',
      `POST / HTTP/1.1\r\n${HOST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    [
      'an empty coding',
      `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding:\r\nContent-Length: 1\r\n\r\nx`,
    ],
    [
      'an unknown coding',
      `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['chunks in HTTP/1.0', `POST / HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    [
      'a malformed chunk size',
      `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello`,
    ],
    ['bare line feeds', 'GET / HTTP/1.1\nHost: a\n\n'],
    ['a folded line', `GET / HTTP/1.1\r\n${HOST}X: a\r\n b\r\n\r\n`],
    ['a NUL', `GET / HTTP/1.1\r\n${HOST}X: a\0b\r\n\r\n`],
    ['a blank before the colon', `GET / HTTP/1.1\r\n${HOST}X : a\r\n\r\n`],
    ['a control byte in the target', `GET /\x01 HTTP/1.1\r\n${HOST}\r\n`],
    ['a non-ASCII target', `GET /é HTTP/1.1\r\n${HOST}\r\n`],
    ['a non-ASCII query', `GET /?é HTTP/1.1\r\n${HOST}\r\n`],
    ['an asterisk', `GET * HTTP/1.1\r\n${HOST}\r\n`],
    ['an unknown method', `FOO / HTTP/1.1\r\n${HOST}\r\n`],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['noise', '\x16\x03\x01\x02garbage\r\n\r\n'],
  ])('answers %s with 400 and closes, and serves nothing behind it', async (_name, bytes) => {
    const { port } = await start();
    const { client, answer } = await send(port, `${bytes}GET /smuggled HTTP/1.1\r\n${HOST}\r\n`);
    expect(answer.status).toBe(400);
    expect(valuesOf(answer, 'connection')).toEqual(['close']);
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      error: { type: 'BadRequestError', param: null, code: 400 },
    });
    client.end();
    await client.ended();
    expect(client.received).toHaveLength(0);
    expect(handled).not.toContain('/smuggled');
  });

  it('takes heads of 256 KiB whatever the number of lines', async () => {
    const { port } = await start((request, response) =>
      response.end(String(request.rawHeaders.length / 2)),
    );
    const lines = Array.from({ length: 4_000 }, (_v, i) => `x-${i}: ${'v'.repeat(56)}\r\n`);
    const { answer } = await send(port, `GET / HTTP/1.1\r\n${HOST}${lines.join('')}\r\n`);
    expect(answer.body.toString()).toBe('4001');
  });

  it('answers larger heads than 1 MiB with 431, even to a client that goes on sending', async () => {
    const { port } = await start();
    const { answer } = await send(
      port,
      `GET / HTTP/1.1\r\n${HOST}X: ${'v'.repeat(3 << 20)}\r\n\r\n`,
    );
    expect(answer.status).toBe(431);
  });

  it('answers TRACE and CONNECT with 405 and names what it serves', async () => {
    const { port } = await start();
    for (const line of ['TRACE /', 'CONNECT a.test:80']) {
      const { answer } = await send(port, `${line} HTTP/1.1\r\n${HOST}\r\n`);
      expect(answer.status).toBe(405);
      expect(valuesOf(answer, 'allow')).toEqual([expect.stringContaining('GET')]);
    }
    expect(handled).toEqual([]);
  });

  it('tells the owner of what it answered itself', async () => {
    const seen: [string | undefined, number][] = [];
    const { port } = await start(echo, {
      refused: (request, { status }) => {
        seen.push([request.method, status]);
        return 'r1';
      },
    });
    const { answer } = await send(port, `TRACE / HTTP/1.1\r\n${HOST}\r\n`);
    expect(valuesOf(answer, 'x-request-id')).toEqual(['r1']);
    await send(port, 'GET / HTTP/1.1\r\n\r\n');
    expect(seen).toEqual([
      ['TRACE', 405],
      ['GET', 400],
    ]);
  });

  it('hands an absolute target on in origin form', async () => {
    const { port } = await start();
    const { answer } = await send(port, `GET http://a.test/x//y?z HTTP/1.1\r\n${HOST}\r\n`);
    expect(answer.body.toString()).toBe('GET /x//y?z 0');
  });

  it('leaves 100 Continue to the handler', async () => {
    const { port } = await start((request, response) => {
      response.setHeader('x-awaited', String(awaitsContinue(request)));
      sendContinue(response);
      sendContinue(response);
      echo(request, response);
    });
    const expecting = `POST / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`;
    const client = await connect(port);
    client.write(expecting);
    await until(() => client.received.includes('100 Continue'));
    client.write('hi');
    const answer = await client.answer();
    expect(client.interim.map(({ status }) => status)).toEqual([100]);
    expect(valuesOf(answer, 'x-awaited')).toEqual(['true']);
    expect(answer.body.toString()).toBe('POST / 2');
  });

  it('closes after a final answer in place of 100 Continue', async () => {
    const { port } = await start((_request, response) => response.writeHead(413).end());
    const { client, answer } = await send(
      port,
      `POST / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`,
    );
    expect(answer.status).toBe(413);
    expect(client.interim).toEqual([]);
    expect(valuesOf(answer, 'connection')).toEqual(['close']);
  });

  it('answers unknown expectations with 417', async () => {
    const { port } = await start();
    const { answer } = await send(port, `POST / HTTP/1.1\r\n${HOST}Expect: 200-ok\r\n\r\n`);
    expect(answer.status).toBe(417);
  });

  it('hands an upgrade over as a tunnel', async () => {
    const { port } = await start();
    const client = await connect(port);
    client.write(`GET /ws HTTP/1.1\r\n${HOST}Connection: upgrade\r\nUpgrade: x\r\n\r\nping`);
    await until(() => client.received.includes('ping'));
    expect(client.received.toString()).toMatch(/^HTTP\/1.1 101 /);
  });

  it.each([
    ['h2c', 'Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n'],
    ['a request with a body', 'Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 2\r\n'],
  ])('serves %s as if it had not asked for an upgrade', async (_name, lines) => {
    const { port } = await start();
    const { answer } = await send(port, `POST / HTTP/1.1\r\n${HOST}${lines}\r\nhi`);
    expect(answer.status).toBe(200);
  });

  it('finishes an answer whose client sends garbage behind its request', async () => {
    const { port } = await start((_request, response) => {
      setTimeout(() => response.end('whole'), 50);
    });
    const { client, answer } = await send(port, `GET / HTTP/1.1\r\n${HOST}\r\n\0garbage\r\n\r\n`);
    expect(answer.body.toString()).toBe('whole');
    await client.ended();
  });

  it('cuts an answer whose own request turns out malformed', async () => {
    let closed = false;
    const { port } = await start((request, response) => {
      response.on('close', () => (closed = true));
      response.write('part');
      request.resume();
      request.on('error', () => undefined);
    });
    const client = await connect(port);
    client.write(`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n`);
    await until(() => client.received.includes('part'));
    client.write('zz\r\n');
    await client.ended();
    await until(() => closed);
    expect(client.received.includes('0\r\n\r\n')).toBe(false);
  });

  it('gets an early answer to a client that is still sending a large body', async () => {
    const { port } = await start((_request, response) => {
      response.writeHead(413, { connection: 'close' }).end('too large');
    });
    const socket = net.connect(port, '127.0.0.1');
    const body = Buffer.alloc(16 << 20);
    socket.write(`POST / HTTP/1.1\r\n${HOST}Content-Length: ${body.length}\r\n\r\n`);
    // Like many a client, it reads once it has sent everything.
    await new Promise((resolve) => socket.write(body, resolve));
    const chunks: string[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
    await once(socket, 'close');
    expect(chunks.join('')).toMatch(/^HTTP\/1.1 413 .*too large\r\n0\r\n\r\n$/s);
  });

  it('survives a handler that throws', async () => {
    const { port } = await start(() => {
      throw new Error('bug');
    });
    const client = await connect(port);
    client.write(`GET / HTTP/1.1\r\n${HOST}\r\n`);
    await client.ended();
    expect(client.received).toHaveLength(0);
  });

  it('says which port is taken', async () => {
    const { port } = await start();
    const second = start(echo, { port });
    await expect(second).rejects.toBeInstanceOf(ListenError);
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE', port });
  });

  it('listens on all interfaces, with IPv4 alone where there is no IPv6', async () => {
    const { port } = await start(echo, { bindAddress: '::' });
    const { answer } = await send(port, `GET / HTTP/1.1\r\n${HOST}\r\n`);
    expect(answer.status).toBe(200);
  });
});

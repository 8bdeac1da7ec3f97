import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import http2, { type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { until } from '../../test/support/raw-client.js';
import { SilentLogger } from '../logging/silent-logger.js';
import { ServerCertificates } from '../tls/certificates.js';
import { onClientGone } from './client-gone.js';
import { createListener, type Listener } from './listener.js';

const listeners: Listener[] = [];
const sessions: ClientHttp2Session[] = [];

afterEach(() => {
  for (const session of sessions.splice(0)) session.destroy();
  for (const listener of listeners.splice(0)) listener.closeNow();
});

async function start(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ listener: Listener; session: ClientHttp2Session }> {
  const logger = new SilentLogger();
  const tls = await ServerCertificates.load({
    defaultPath: '/nowhere',
    requireValidCert: false,
    logger,
  });
  const listener = createListener(
    { port: 0, bindAddress: '127.0.0.1', tls, logger },
    handle,
    () => {
      throw new Error('no upgrade expected');
    },
  );
  listeners.push(listener);
  const { port } = await listener.listen();
  const session = http2.connect(`https://localhost:${port}`, {
    rejectUnauthorized: false,
    host: '127.0.0.1',
    port,
    maxSendHeaderBlockLength: 1 << 20,
  });
  session.on('error', () => undefined);
  sessions.push(session);
  return { listener, session };
}

interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly code: number | undefined;
  readonly trailers: IncomingHttpHeaders | undefined;
  readonly informational: IncomingHttpHeaders[];
}

async function ask(
  session: ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders,
  body?: Buffer | string,
): Promise<Answer> {
  const stream = session.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  let answer: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders | undefined;
  const informational: IncomingHttpHeaders[] = [];
  const chunks: Buffer[] = [];
  stream.on('headers', (fields) => informational.push(fields));
  stream.on('response', (fields) => (answer = fields));
  stream.on('trailers', (fields) => (trailers = fields));
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('error', () => undefined);
  await new Promise((resolve) => stream.once('close', resolve));
  return {
    headers: answer,
    body: Buffer.concat(chunks),
    code: stream.rstCode,
    trailers,
    informational,
  };
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe('HTTP/2', () => {
  it('reaches the handler as HTTP/1.1 with the peer, the host and the body', async () => {
    const { session } = await start((request, response) => {
      void read(request).then((body) => {
        response.setHeader('content-type', 'application/json');
        response.end(
          JSON.stringify({
            method: request.method,
            url: request.url,
            raw: request.rawHeaders,
            peer: request.socket.remoteAddress,
            body: body.toString(),
          }),
        );
      });
    });
    const answer = await ask(
      session,
      {
        ':method': 'POST',
        ':path': '/v1/x?a=b//%7F',
        ':authority': 'models.test:8000',
        'x-one': ['1', '2'],
        cookie: ['a=b', 'c=d'],
      },
      'hello',
    );
    expect(answer.headers[':status']).toBe(200);
    expect(answer.headers['connection']).toBeUndefined();
    const seen = JSON.parse(answer.body.toString());
    expect(seen).toMatchObject({
      method: 'POST',
      url: '/v1/x?a=b//%7F',
      peer: '127.0.0.1',
      body: 'hello',
    });
    const raw: string[] = seen.raw;
    const value = (name: string) => raw.filter((_v, i) => raw[i - 1] === name && i % 2 === 1);
    expect(value('host')).toEqual(['models.test:8000']);
    expect(value('x-one')).toEqual(['1', '2']);
    expect(value('cookie')).toEqual(['a=b; c=d']);
  });

  it('streams events as they are written', async () => {
    const seen: string[] = [];
    const { session } = await start((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
      void until(() => seen.length === 1).then(() => response.end('data: 2\n\n'));
    });
    const stream = session.request({ ':path': '/' });
    stream.on('data', (chunk: Buffer) => seen.push(chunk.toString()));
    await once(stream, 'end');
    expect(seen).toEqual(['data: 1\n\n', 'data: 2\n\n']);
  });

  it('carries megabytes both ways', async () => {
    const { session } = await start((request, response) => request.pipe(response));
    const body = Buffer.alloc(8 << 20, 'abcdefghij');
    const answer = await ask(session, { ':method': 'POST', ':path': '/' }, body);
    expect(answer.body.equals(body)).toBe(true);
  });

  it('serves many streams of one connection side by side', async () => {
    const { session } = await start((request, response) => {
      setTimeout(() => response.end(request.url), 5);
    });
    const paths = Array.from({ length: 200 }, (_v, i) => `/${i}`);
    const answers = await Promise.all(paths.map((path) => ask(session, { ':path': path })));
    expect(answers.map(({ body }) => body.toString())).toEqual(paths);
  });

  it.each([
    ['HEAD', 200, { 'content-length': '12' }],
    ['GET', 204, {}],
    ['GET', 304, { etag: '"a"' }],
  ] as const)('answers %s with %i without a body', async (method, status, fields) => {
    const { session } = await start((_request, response) => {
      response.writeHead(status, fields);
      response.end();
    });
    const answer = await ask(session, { ':method': method, ':path': '/' });
    expect(answer.headers).toMatchObject({ ':status': status, ...fields });
    expect(answer.body).toHaveLength(0);
    expect(answer.code).toBe(0);
  });

  it('passes trailers and informational answers on', async () => {
    const { session } = await start((request, response) => {
      response.writeEarlyHints({ link: '</a>; rel=preload' });
      void read(request).then(() => {
        response.writeHead(200, { trailer: 'x-sum' });
        response.write('body');
        response.addTrailers({ 'x-sum': String(request.trailers['x-up']) });
        response.end();
      });
    });
    const stream = session.request({ ':method': 'POST', ':path': '/' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-up': '7' }));
    const early: IncomingHttpHeaders[] = [];
    const trailers = once(stream, 'trailers');
    stream.on('headers', (fields) => early.push(fields));
    stream.resume();
    stream.end('x');
    expect((await trailers)[0]).toMatchObject({ 'x-sum': '7' });
    expect(early).toMatchObject([{ ':status': 103, link: '</a>; rel=preload' }]);
  });

  it('tells the handler at once that the client reset its stream', async () => {
    let gone = 0;
    let closed = 0;
    const { session } = await start((_request, response) => {
      onClientGone(response, () => gone++);
      response.on('close', () => closed++);
      response.writeHead(200);
      response.write('x');
    });
    const stream = session.request({ ':path': '/' });
    await once(stream, 'data');
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await until(() => gone === 1 && closed === 1);
    expect(session.destroyed).toBe(false);
  });

  it('resets the stream when the answer breaks off', async () => {
    const { session } = await start((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('part');
      setTimeout(() => response.destroy(), 20);
    });
    const answer = await ask(session, { ':path': '/' });
    expect(answer.body.toString()).toBe('part');
    expect(answer.code).not.toBe(0);
  });

  it('resets the stream when the handler answers nothing', async () => {
    const { session } = await start((_request, response) => response.destroy());
    const answer = await ask(session, { ':path': '/' });
    expect(answer.headers).toEqual({});
    expect(answer.code).not.toBe(0);
  });

  it('holds a fast upload back while nobody reads it', async () => {
    let received: IncomingMessage | undefined;
    const { session } = await start((request) => {
      received = request;
    });
    const stream = session.request({ ':method': 'POST', ':path': '/' });
    stream.on('error', () => undefined);
    let sent = 0;
    const chunk = Buffer.alloc(64 * 1024);
    const push = (): void => {
      while (!stream.destroyed && sent < 64 << 20) {
        sent += chunk.length;
        if (!stream.write(chunk)) return void stream.once('drain', push);
      }
    };
    push();
    await until(() => received !== undefined);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(sent).toBeLessThan(2 << 20);
    stream.close();
  });

  it('answers early and ends an upload that nobody reads', async () => {
    const { session } = await start((_request, response) => {
      response.writeHead(413, { connection: 'close' });
      response.end('too large');
    });
    const stream = session.request({ ':method': 'POST', ':path': '/' });
    const status = once(stream, 'response');
    stream.write('some');
    const chunks: string[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
    expect((await status)[0][':status']).toBe(413);
    await once(stream, 'close');
    expect(chunks.join('')).toBe('too large');
    expect(stream.rstCode).toBe(0);
  });

  it('applies the same checks as to HTTP/1.1', async () => {
    let handled = 0;
    const { session } = await start((_request, response) => {
      handled++;
      response.end();
    });
    const status = async (headers: http2.OutgoingHttpHeaders): Promise<unknown> =>
      (await ask(session, headers)).headers[':status'];
    expect(await status({ ':authority': 'a,b', ':path': '/' })).toBe(400);
    expect(await status({ ':method': 'TRACE', ':path': '/' })).toBe(405);
    expect(await status({ ':authority': 'a.test', ':path': '/', host: 'other.test' })).toBe(400);
    expect(await status({ ':path': '/', expect: 'miracles' })).toBe(417);
    expect(handled).toBe(0);
  });

  it('takes heads of 128 KiB', async () => {
    const { session } = await start((request, response) => {
      response.end(String(request.rawHeaders.join('').length));
    });
    const fields = Object.fromEntries(
      Array.from({ length: 8 }, (_v, i) => [`x-${i}`, 'v'.repeat(16 * 1024)]),
    );
    const answer = await ask(session, { ':path': '/', ...fields });
    expect(answer.headers[':status']).toBe(200);
    expect(Number(answer.body.toString())).toBeGreaterThan(128 * 1024);
  });

  it('sends 100 Continue when the handler does', async () => {
    const { session } = await start((request, response) => {
      response.writeContinue();
      void read(request).then((body) => response.end(body));
    });
    const stream = session.request({ ':method': 'POST', ':path': '/', expect: '100-continue' });
    await once(stream, 'continue');
    stream.end('go');
    const chunks: string[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
    await once(stream, 'end');
    expect(chunks.join('')).toBe('go');
  });

  it('survives a client that opens and resets streams as fast as it can', async () => {
    let open = 0;
    const { session, listener } = await start((_request, response) => {
      open++;
      response.on('close', () => open--);
    });
    for (let i = 0; i < 3_000 && !session.destroyed; i++) {
      const stream = session.request({ ':path': '/' });
      stream.on('error', () => undefined);
      stream.close(http2.constants.NGHTTP2_CANCEL);
      if (i % 100 === 0) await new Promise(setImmediate);
    }
    await until(() => open === 0);
    expect(listener.draining).toBe(false);
  });
});

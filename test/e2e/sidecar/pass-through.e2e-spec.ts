import { createHash, randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { json } from '../../support/fake-engine.js';
import { HostileUpstream } from '../../support/hostile-upstream.js';
import { rawValues, valuesOf } from '../../support/raw-answer.js';
import { RawClient, rawExchange, requestBytes } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('what is passed through', () => {
  let fixture: SidecarFixture;
  beforeAll(async () => {
    fixture = await startFixture();
  });
  afterAll(() => fixture.stop());
  beforeEach(() => {
    fixture.decoder.requests.length = 0;
    fixture.decoder.behaviour = json({ ok: true });
  });

  const send = (bytes: Buffer, toHead = false) =>
    rawExchange(fixture.sidecar.port, bytes, { toHead, within: 15_000 });

  it.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH', 'POST', 'PROPFIND', 'QUERY'])(
    'keeps the method %s and adds no framing of its own',
    async (method) => {
      const answer = await send(requestBytes(`${method} /v1/things`), method === 'HEAD');
      expect(answer.status).toBe(200);
      const { rawHeaders, ...received } = fixture.decoder.last;
      expect([received.method, received.url]).toEqual([method, '/v1/things']);
      expect(rawValues(rawHeaders, 'transfer-encoding')).toEqual([]);
      expect(rawValues(rawHeaders, 'content-length')).toEqual([]);
    },
  );

  it.each([
    '/',
    '/?',
    '//x',
    '//evil.test/x',
    '///',
    '/a/../b',
    '/../../etc',
    '/./a',
    '/%2e%2e/a',
    '/%zz',
    '/%',
    '/a%2Fb',
    '/a%00b',
    '/a;x=1',
    '/a?q',
    '/a?q=%zz&q=',
    '/a??b?',
    '/a?/../b',
    '/A/b/',
    '/a\\b',
    '/a|b',
    '/a"<>b',
    "/a'b",
    '/:x',
    '/@x',
    '/a:b@c',
    '/*',
    '/{id}',
    '/health/',
    '/Health',
    '/health//ready',
    '/HEALTH',
    '/healthz',
    '/health/ready/',
    '/health%2Fready',
    '/v1/chat/completions/',
    '/v1//completions',
    '/V1/completions',
    '/v1/completions%20',
    '/v1/completions;x',
    '/v1/%63ompletions',
    '/metrics',
    '/metrics?x',
    '/favicon.ico',
    '/v1/embeddings',
    '/v1/models/a%2Fb',
  ])('keeps the target %s byte for byte', async (target) => {
    expect((await send(requestBytes(`POST ${target}`, [], 'x'))).status).toBe(200);
    expect(fixture.decoder.last.url).toBe(target);
    expect(fixture.decoder.last.body.toString()).toBe('x');
  });

  it('keeps a target of 20,000 bytes', async () => {
    const target = `/${'p'.repeat(20_000)}`;
    expect((await send(requestBytes(`GET ${target}`))).status).toBe(200);
    expect(fixture.decoder.last.url === target).toBe(true);
  });

  it('keeps OPTIONS *', async () => {
    expect((await send(requestBytes('OPTIONS *'))).status).toBe(200);
    expect(fixture.decoder.last.url).toBe('*');
  });

  it.each(['http://engine.test/a?b', 'HTTP://ENGINE.test/a?b'])(
    'turns %s into origin form',
    async (target) => {
      const answer = await send(requestBytes(`GET ${target}`));
      expect([200, 400]).toContain(answer.status);
      if (answer.status === 200) expect(fixture.decoder.last.url).toBe('/a?b');
    },
  );

  it('takes neither host nor port from an absolute target', async () => {
    const answer = await send(requestBytes('GET http://127.0.0.1:1/a', ['Host: 127.0.0.1:1']));
    expect(answer.status).toBe(200);
    expect(fixture.decoder.last.url).toBe('/a');
  });

  it('disaggregates an absolute target that names a generate path', async () => {
    const lines = [`x-prefiller-host-port: ${fixture.prefiller.hostPort}`];
    const bytes = requestBytes('POST http://engine.test/v1/completions', lines, '{}');
    expect((await send(bytes)).status).toBe(200);
    expect(fixture.prefiller.last.url).toBe('/v1/completions');
  });

  it.each(['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])(
    'includes %s of a generate path',
    async (method) => {
      fixture.prefiller.requests.length = 0;
      const lines = [`x-prefiller-host-port: ${fixture.prefiller.hostPort}`];
      const answer = await send(requestBytes(`${method} /v1/chat/completions`, lines, '{}'));
      expect(answer.status).toBe(200);
      expect([fixture.decoder.last.method, fixture.decoder.last.body.toString()]).toEqual([
        method,
        '{}',
      ]);
      expect(fixture.prefiller.requests).toHaveLength(0);
    },
  );

  it('warns of a prefill header on a path that is not disaggregated', async () => {
    fixture.log.lines.length = 0;
    const lines = ['x-prefiller-host-port: not a target at all'];
    expect((await send(requestBytes('POST /v1/embeddings', lines, '{}'))).status).toBe(200);
    const warnings = fixture.log.lines.filter(({ level }) => level === 'warn');
    expect(warnings).toHaveLength(1);
    expect(rawValues(fixture.decoder.last.rawHeaders, 'x-prefiller-host-port')).toEqual([]);
  });

  it.each(['TRACE', 'CONNECT'])('does not include %s', async (method) => {
    for (const target of ['/v1/models', 'evil.test:443']) {
      const answer = await send(requestBytes(`${method} ${target}`, ['X-Secret: s']));
      expect([400, 405]).toContain(answer.status);
      if (target === (method === 'TRACE' ? '/v1/models' : 'evil.test:443'))
        expect(answer.status).toBe(405);
      expect(answer.body.toString()).not.toContain('X-Secret');
    }
    expect(fixture.decoder.requests).toHaveLength(0);
  });

  it.each([0, 1, 2, 1023, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 300_000])(
    'keeps random bodies of %d bytes, framed by length or in chunks, both ways',
    async (size) => {
      const body = randomBytes(size);
      for (const chunked of [false, true]) {
        fixture.decoder.behaviour = (response, request) => {
          const framing = chunked ? {} : { 'content-length': request.body.length };
          response.writeHead(200, { 'content-type': 'application/json', ...framing });
          for (let at = 0; at < size; at += 40_000)
            response.write(request.body.subarray(at, at + 40_000));
          response.end();
        };
        const bytes = chunked
          ? Buffer.concat([
              requestBytes('POST /v1/completions', ['Transfer-Encoding: chunked']),
              ...inChunks(body, 30_011),
            ])
          : requestBytes('POST /v1/completions', [`Content-Length: ${size}`], body);
        const answer = await send(bytes);
        expect([answer.status, answer.complete, sha(answer.body)]).toEqual([200, true, sha(body)]);
        const { rawHeaders, body: received } = fixture.decoder.last;
        expect(sha(received)).toBe(sha(body));
        expect(rawValues(rawHeaders, 'content-length')).toEqual(chunked ? [] : [String(size)]);
        expect(rawValues(rawHeaders, 'transfer-encoding')).toEqual(chunked ? ['chunked'] : []);
      }
    },
  );

  it('keeps 20 MB both ways', async () => {
    const body = randomBytes(20 << 20);
    fixture.decoder.behaviour = (response, request) => void response.end(request.body);
    const answer = await send(requestBytes('POST /v1/files', [], body));
    expect(sha(answer.body)).toBe(sha(body));
  }, 30_000);

  it('keeps 20 MB that are prefilled elsewhere', async () => {
    const text = `{"image":"${randomBytes(10 << 20).toString('hex')}"}`;
    const lines = [`x-prefiller-host-port: ${fixture.prefiller.hostPort}`];
    expect((await send(requestBytes('POST /v1/completions', lines, text))).status).toBe(200);
    expect(fixture.decoder.last.body.toString().startsWith(text.slice(0, -1))).toBe(true);
    expect(fixture.prefiller.last.body.toString().startsWith(text.slice(0, -1))).toBe(true);
  }, 30_000);

  it('keeps 10,000 events as they were written', async () => {
    const events = Array.from(
      { length: 10_000 },
      (_, i) => `data: {"i":${i},"t":"é🙂"}\r\n\r\n`,
    ).join('');
    const bytes = Buffer.from(events);
    fixture.decoder.behaviour = async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
      for (let at = 0; at < bytes.length; at += 997) {
        if (!response.write(bytes.subarray(at, at + 997))) {
          await new Promise((resolve) => response.once('drain', resolve));
        }
      }
      response.end();
    };
    const answer = await send(requestBytes('POST /v1/completions', [], '{}'));
    expect(answer.body.equals(bytes)).toBe(true);
    expect(valuesOf(answer, 'cache-control')).toEqual(['no-cache']);
  });

  it('starts the decoder’s request before the client’s body is complete', async () => {
    const decoder = await HostileUpstream.start({
      says: ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'],
      then: 'keep',
      early: true,
    });
    const streaming = await startFixture({ modelServerPort: decoder.port });
    const client = await RawClient.connect(streaming.sidecar.port);
    client.write(requestBytes('POST /v1/audio', ['Content-Length: 1000000'], 'first'));
    expect((await client.answer()).status).toBe(200);
    client.destroy();
    await streaming.stop();
    await decoder.stop();
  });

  it('answers many requests of one connection, one after another', async () => {
    fixture.decoder.behaviour = (response, { url }) => void response.end(url);
    const client = await RawClient.connect(fixture.sidecar.port);
    for (let i = 0; i < 50; i++) {
      client.write(requestBytes(`GET /v1/${i}`));
      expect((await client.answer()).body.toString()).toBe(`/v1/${i}`);
    }
    client.destroy();
  });
});

function inChunks(body: Buffer, size: number): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const chunk = body.subarray(at, at + size);
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
  }
  return [...parts, Buffer.from('0\r\n\r\n')];
}

describe('the framing of a decoder’s answer', () => {
  let fixture: SidecarFixture;
  let decoder: HostileUpstream;
  let client: RawClient;
  afterEach(async () => {
    client.destroy();
    await fixture.stop();
    await decoder.stop();
  });

  async function start(...says: string[]): Promise<void> {
    const then = /^HTTP\/1\.0|\r\nConnection: close/.test(says.join('')) ? 'fin' : 'keep';
    decoder = await HostileUpstream.start({ says, then });
    fixture = await startFixture({ modelServerPort: decoder.port });
    client = await RawClient.connect(fixture.sidecar.port);
  }

  it.each([
    ['HTTP/1.0 200 OK\r\n\r\nhello'],
    ['HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello'],
    ['HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n0\r\n\r\n'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: CHUNKED\r\n\r\n0005\r\nhello\r\n000\r\n\r\n'],
    ['HTTP/1.1 200\r\nContent-Length:5\r\n\r\nhello'],
    ['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
  ])('is understood: %j, and the client’s connection lives on', async (bytes) => {
    await start(...bytes.split(/(?<=\r\n)/));
    for (let i = 0; i < 2; i++) {
      client.write(requestBytes('GET /v1/x'));
      const answer = await client.answer();
      expect([answer.status, answer.complete, answer.body.toString()]).toEqual([
        200,
        true,
        'hello',
      ]);
    }
  });

  it.each([
    ['HTTP/1.0 200 OK\r\n\r\nhello'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
  ])('is one that HTTP/1.0 clients understand: %j', async (bytes) => {
    await start(bytes);
    client.write('GET /v1/x HTTP/1.0\r\n\r\n');
    const answer = await client.answer();
    expect(valuesOf(answer, 'transfer-encoding')).toEqual([]);
    expect(answer.body.toString()).toBe('hello');
    expect(await client.ended()).toBe('fin');
  });

  it('goes to an HTTP/1.0 client whose request named no host, in HTTP/1.1 to the engines', async () => {
    decoder = await HostileUpstream.start({ says: [], then: 'fin' });
    fixture = await startFixture();
    client = await RawClient.connect(fixture.sidecar.port);
    const prefilled = `x-prefiller-host-port: ${fixture.prefiller.hostPort}`;
    client.write(`POST /v1/completions HTTP/1.0\r\n${prefilled}\r\nContent-Length: 2\r\n\r\n{}`);
    expect((await client.answer()).status).toBe(200);
    for (const { last } of [fixture.prefiller, fixture.decoder]) {
      expect(rawValues(last.rawHeaders, 'host')).toHaveLength(1);
    }
  });

  it('keeps trailers', async () => {
    await start(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Two: 2\r\n\r\n',
    );
    client.write(requestBytes('GET /v1/x', ['TE: trailers']));
    const answer = await client.answer();
    expect(answer.body.toString()).toBe('hello');
    expect(answer.trailers).toEqual(['X-Sum: 1', 'X-Two: 2']);
  });

  it('lets early hints pass', async () => {
    await start(
      'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    );
    client.write(requestBytes('GET /v1/x'));
    expect((await client.answer()).body.toString()).toBe('ok');
    expect(client.interim.map(({ status }) => status)).toEqual([103]);
  });

  it('sends the head before the first byte of the body comes', async () => {
    decoder = await HostileUpstream.start({
      says: ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
      then: 'hang',
    });
    fixture = await startFixture({ modelServerPort: decoder.port });
    client = await RawClient.connect(fixture.sidecar.port);
    client.write(requestBytes('GET /v1/x'));
    while (!client.received.includes('\r\n\r\n'))
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect(client.received.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });
});

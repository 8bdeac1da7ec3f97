import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { rawValues, valuesOf } from '../../support/raw-answer.js';
import { RawClient, rawExchange, requestBytes } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const H = 'Host: x\r\n';

describe('a request that is no sound HTTP', () => {
  let fixture: SidecarFixture;
  beforeAll(async () => {
    fixture = await startFixture();
  });
  afterAll(() => fixture.stop());
  beforeEach(() => {
    fixture.decoder.requests.length = 0;
    fixture.prefiller.requests.length = 0;
  });

  it.each([
    ['two Host lines', `POST /x HTTP/1.1\r\n${H}${H}\r\n`],
    ['two equal Host lines', `GET /x HTTP/1.1\r\nHost: x\r\nhost: x\r\n\r\n`],
    ['no Host', 'GET /x HTTP/1.1\r\n\r\n'],
    ['Host with a path', 'GET /x HTTP/1.1\r\nHost: x/y\r\n\r\n'],
    ['Host with userinfo', 'GET /x HTTP/1.1\r\nHost: u@x\r\n\r\n'],
    ['Host with a list', 'GET /x HTTP/1.1\r\nHost: a, b\r\n\r\n'],
    ['two lengths', `POST /x HTTP/1.1\r\n${H}Content-Length: 1\r\nContent-Length: 1\r\n\r\na`],
    ['a list of lengths', `POST /x HTTP/1.1\r\n${H}Content-Length: 1, 1\r\n\r\na`],
    ['a signed length', `POST /x HTTP/1.1\r\n${H}Content-Length: +1\r\n\r\na`],
    ['a length in hex', `POST /x HTTP/1.1\r\n${H}Content-Length: 0x1\r\n\r\na`],
    ['a negative length', `POST /x HTTP/1.1\r\n${H}Content-Length: -1\r\n\r\na`],
    ['an empty length', `POST /x HTTP/1.1\r\n${H}Content-Length:\r\n\r\na`],
    [
      'a length beside chunks',
      `POST /x HTTP/1.1\r\n${H}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    [
      'chunks beside a length',
      `POST /x HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
    ],
    [
      'an empty coding and a length',
      `POST /x HTTP/1.1\r\n${H}Transfer-Encoding:\r\nContent-Length: 1\r\n\r\na`,
    ],
    ['an unknown coding', `POST /x HTTP/1.1\r\n${H}Transfer-Encoding: gzip\r\n\r\n`],
    ['two codings', `POST /x HTTP/1.1\r\n${H}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    [
      'chunked twice',
      `POST /x HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['xchunked', `POST /x HTTP/1.1\r\n${H}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['chunks in HTTP/1.0', `POST /x HTTP/1.0\r\n${H}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['bare line feeds', 'GET /x HTTP/1.1\nHost: x\n\n'],
    ['a bare line feed in the head', `GET /x HTTP/1.1\r\n${H}A: 1\nB: 2\r\n\r\n`],
    ['a bare carriage return', `GET /x HTTP/1.1\r\n${H}A: 1\rB: 2\r\n\r\n`],
    ['a NUL in a value', `GET /x HTTP/1.1\r\n${H}A: 1\x002\r\n\r\n`],
    ['a folded line', `GET /x HTTP/1.1\r\n${H}A: 1\r\n 2\r\n\r\n`],
    ['a blank before the colon', `GET /x HTTP/1.1\r\n${H}Content-Length : 0\r\n\r\n`],
    ['a line without a colon', `GET /x HTTP/1.1\r\n${H}nonsense\r\n\r\n`],
    ['an empty name', `GET /x HTTP/1.1\r\n${H}: x\r\n\r\n`],
    ['a blank first line', `GET /x HTTP/1.1\r\n X: 1\r\n${H}\r\n`],
    ['a target beyond ASCII', `GET /\xe9 HTTP/1.1\r\n${H}\r\n`],
    ['a control in the target', `GET /\x01 HTTP/1.1\r\n${H}\r\n`],
    ['a fragment', `GET /x#y HTTP/1.1\r\n${H}\r\n`],
    ['a target without a slash', `GET x HTTP/1.1\r\n${H}\r\n`],
    ['an asterisk with GET', `GET * HTTP/1.1\r\n${H}\r\n`],
    ['a method in small letters', `get /x HTTP/1.1\r\n${H}\r\n`],
    ['another protocol', `GET /x HTTQ/1.1\r\n${H}\r\n`],
    ['HTTP/2’s preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['another host in the target', `GET http://other/x HTTP/1.1\r\n${H}\r\n`],
  ])('is refused with 400 and the end of the connection: %s', async (_, bytes) => {
    const client = await RawClient.connect(fixture.sidecar.port);
    client.write(bytes);
    client.write(requestBytes('GET /smuggled'));
    const answer = await client.answer();
    expect(answer.status).toBe(400);
    expect(valuesOf(answer, 'content-type')).toEqual(['application/json']);
    const error = (JSON.parse(answer.body.toString()) as { error: Record<string, unknown> }).error;
    expect(error).toMatchObject({ type: 'BadRequestError', param: null, code: 400 });
    await client.ended();
    expect(client.received.toString()).toBe('');
    client.destroy();
    expect(fixture.decoder.requests).toHaveLength(0);
  });

  it.each(['0x5', '+5', ' 5', '5_', '-5', 'ffffffffffffffff1', 'g', '', '5 '])(
    'with the chunk size %j never arrives whole, and nothing follows',
    async (size) => {
      for (const lines of [[], [`x-prefiller-host-port: ${fixture.prefiller.hostPort}`]]) {
        const client = await RawClient.connect(fixture.sidecar.port);
        const head = requestBytes('POST /v1/completions', [...lines, 'Transfer-Encoding: chunked']);
        client.write(
          Buffer.concat([
            head,
            Buffer.from(`${size}\r\nhello\r\n0\r\n\r\n`),
            requestBytes('GET /smuggled'),
          ]),
        );
        await client.ended();
        const text = client.received.toString();
        if (text) expect(text).toMatch(/^HTTP\/1\.1 400 /);
        client.destroy();
      }
      expect(fixture.decoder.requests).toHaveLength(0);
      expect(fixture.prefiller.requests).toHaveLength(0);
    },
  );

  it.each(['HTTP/1.1 501', 'HTTP/3.0', 'HTTP/0.9'])(
    'of version %s is not served',
    async (version) => {
      const client = await RawClient.connect(fixture.sidecar.port);
      client.write(`GET /x ${version}\r\n${H}\r\n`);
      expect([400, 505]).toContain((await client.answer()).status);
      await client.ended();
      client.destroy();
    },
  );

  it('costs an earlier request of the same connection nothing', async () => {
    const client = await RawClient.connect(fixture.sidecar.port);
    client.write(Buffer.concat([requestBytes('GET /v1/x'), Buffer.from('garbage\r\n\r\n')]));
    expect((await client.answer()).status).toBe(200);
    await client.ended();
    client.destroy();
    expect(fixture.decoder.requests).toHaveLength(1);
  });

  it('passes with a head of 200 KiB', async () => {
    const bytes = requestBytes('GET /x', [
      `X-Big: ${'b'.repeat(100_000)}`,
      `X-More: ${'m'.repeat(100_000)}`,
    ]);
    expect((await rawExchange(fixture.sidecar.port, bytes)).status).toBe(200);
    expect(rawValues(fixture.decoder.last.rawHeaders, 'x-more')[0]).toHaveLength(100_000);
  });

  it('passes with 2,500 header lines', async () => {
    const lines = Array.from({ length: 2500 }, (_, i) => `X-${i}: ${i}`);
    expect((await rawExchange(fixture.sidecar.port, requestBytes('GET /x', lines))).status).toBe(
      200,
    );
    for (const i of [0, 1999, 2000, 2499]) {
      expect(rawValues(fixture.decoder.last.rawHeaders, `X-${i}`)).toEqual([`${i}`]);
    }
  });

  it('gets 431 for a head above 1 MiB', async () => {
    const client = await RawClient.connect(fixture.sidecar.port);
    client.write(requestBytes('GET /x', [`X-Big: ${'b'.repeat(1_100_000)}`]));
    expect((await client.answer()).status).toBe(431);
    await client.ended();
    client.destroy();
    expect(fixture.decoder.requests).toHaveLength(0);
  });
});

describe('requests on one connection', () => {
  it('are answered in their order, pipelined or not', async () => {
    const fixture = await startFixture();
    const client = await RawClient.connect(fixture.sidecar.port);
    try {
      fixture.decoder.behaviour = async (response, { url }) => {
        await new Promise((resolve) => setTimeout(resolve, url === '/slow' ? 100 : 0));
        response.end(url);
      };
      const prefilled = [`x-prefiller-host-port: ${fixture.prefiller.hostPort}`];
      client.write(
        Buffer.concat([
          requestBytes('GET /slow'),
          requestBytes('POST /v1/completions', prefilled, '{"a":1}'),
          requestBytes('POST /chunks', ['Transfer-Encoding: chunked']),
          Buffer.from('3\r\nabc\r\n0\r\n\r\n'),
          requestBytes('GET /health'),
          requestBytes('POST /v1/completions', prefilled, '[]'),
          requestBytes('GET /fast'),
        ]),
      );
      const answers = [];
      for (let i = 0; i < 6; i++) answers.push(await client.answer());
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 400, 200]);
      expect(
        answers.filter((_, i) => i !== 3 && i !== 4).map(({ body }) => body.toString()),
      ).toEqual(['/slow', '/v1/completions', '/chunks', '/fast']);
    } finally {
      client.destroy();
      await fixture.stop();
    }
  });

  it('end with it when the client asks for that', async () => {
    const fixture = await startFixture();
    const client = await RawClient.connect(fixture.sidecar.port);
    try {
      client.write(requestBytes('GET /v1/x', ['Connection: close']));
      expect(valuesOf(await client.answer(), 'connection')).toEqual(['close']);
      expect(await client.ended()).toBe('fin');
    } finally {
      client.destroy();
      await fixture.stop();
    }
  });
});

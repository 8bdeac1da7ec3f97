import { afterEach, describe, expect, it } from '@jest/globals';
import { errorOf, postPrefilled } from '../../support/prefill-request.js';
import { valuesOf } from '../../support/raw-answer.js';
import { RawClient, rawExchange, requestBytes, until } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

let fixture: SidecarFixture;
afterEach(() => fixture.stop());
const prefilled = (): string => `x-prefiller-host-port: ${fixture.prefiller.hostPort}`;

/** A JSON object of exactly that many bytes. */
const ofSize = (size: number): string => `{"a":"${'x'.repeat(size - 8)}"}`;

describe('--max-request-bytes', () => {
  it('lets a body of that size pass and refuses one byte more with 413', async () => {
    fixture = await startFixture({ maxRequestBytes: 10_000 });
    expect((await postPrefilled(fixture, ofSize(10_000))).status).toBe(200);
    const answer = await postPrefilled(fixture, ofSize(10_001));
    expect([answer.status, (await errorOf(answer)).code]).toEqual([413, 413]);
    expect(fixture.prefiller.requests).toHaveLength(1);
  });

  it('counts the bytes of a chunked body', async () => {
    fixture = await startFixture({ maxRequestBytes: 1000 });
    const client = await RawClient.connect(fixture.sidecar.port);
    client.write(requestBytes('POST /v1/completions', [prefilled(), 'Transfer-Encoding: chunked']));
    client.write(`3e8\r\n${ofSize(1000)}\r\n0\r\n\r\n`);
    expect((await client.answer()).status).toBe(200);
    client.write(requestBytes('POST /v1/completions', [prefilled(), 'Transfer-Encoding: chunked']));
    client.write(`3e8\r\n${ofSize(1000)}\r\n1\r\n \r\n`);
    expect((await client.answer()).status).toBe(413);
    client.destroy();
    expect(fixture.prefiller.requests).toHaveLength(1);
  });

  it('refuses by the length that is declared, before the body comes, and closes', async () => {
    fixture = await startFixture({ maxRequestBytes: 1000 });
    const client = await RawClient.connect(fixture.sidecar.port);
    client.write(
      requestBytes('POST /v1/completions', [prefilled(), 'Content-Length: 10000000000']),
    );
    const answer = await client.answer();
    expect(answer.status).toBe(413);
    expect(valuesOf(answer, 'connection')).toEqual(['close']);
    client.destroy();
  });

  it('is told to a client that goes on sending', async () => {
    fixture = await startFixture({ maxRequestBytes: 1000 });
    const client = await RawClient.connect(fixture.sidecar.port);
    client.write(requestBytes('POST /v1/completions', [prefilled(), 'Content-Length: 5000000']));
    client.write(Buffer.alloc(3_000_000, 0x20));
    expect((await client.answer()).status).toBe(413);
    client.destroy();
  });

  it('does not concern what is passed through', async () => {
    fixture = await startFixture({ maxRequestBytes: 10, maxBufferedBytes: 10 });
    const bytes = requestBytes('POST /v1/completions', [], ofSize(1_000_000));
    expect((await rawExchange(fixture.sidecar.port, bytes)).status).toBe(200);
    expect(fixture.decoder.last.body).toHaveLength(1_000_000);
  });

  it('is 256 MiB when it is not given', async () => {
    fixture = await startFixture();
    const client = await RawClient.connect(fixture.sidecar.port);
    client.write(
      requestBytes('POST /v1/completions', [prefilled(), `Content-Length: ${(256 << 20) + 1}`]),
    );
    expect((await client.answer()).status).toBe(413);
    client.destroy();
  });
});

describe('--max-buffered-bytes', () => {
  it('refuses with 503 what does not fit beside the others, until they are done', async () => {
    fixture = await startFixture({ maxBufferedBytes: 10_000 });
    fixture.decoder.behaviour = () => undefined;
    const held = new AbortController();
    const first = postPrefilled(fixture, ofSize(6000), { signal: held.signal }).catch(
      () => undefined,
    );
    await fixture.decoder.received(1);
    const answer = await postPrefilled(fixture, ofSize(6000));
    expect([answer.status, (await errorOf(answer)).code]).toEqual([503, 503]);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(fixture.prefiller.requests).toHaveLength(1);
    held.abort();
    await first;
    await until(() => fixture.log.requests.some(({ outcome }) => outcome === 'client_gone'));
    fixture.decoder.behaviour = (response) => void response.end('{}');
    expect((await postPrefilled(fixture, ofSize(6000))).status).toBe(200);
  });

  it('counts chunked bodies as they come', async () => {
    fixture = await startFixture({ maxBufferedBytes: 1000 });
    const client = await RawClient.connect(fixture.sidecar.port);
    client.write(requestBytes('POST /v1/completions', [prefilled(), 'Transfer-Encoding: chunked']));
    client.write(`7d0\r\n${ofSize(2000)}\r\n`);
    expect((await client.answer()).status).toBe(503);
    client.destroy();
    expect((await postPrefilled(fixture, ofSize(900))).status).toBe(200);
  });
});

describe('the depth of JSON', () => {
  const nested = (depth: number): string =>
    `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;

  it('may be 256 and no more', async () => {
    fixture = await startFixture();
    expect((await postPrefilled(fixture, nested(256))).status).toBe(200);
    for (const depth of [257, 100_000, 3_000_000]) {
      expect((await postPrefilled(fixture, nested(depth))).status).toBe(400);
    }
    expect((await postPrefilled(fixture, '{"a":'.repeat(1_000_000))).status).toBe(400);
    expect((await postPrefilled(fixture, '{}')).status).toBe(200);
  });

  it('does not concern what is passed through', async () => {
    fixture = await startFixture();
    const bytes = requestBytes('POST /v1/completions', [], nested(10_000));
    expect((await rawExchange(fixture.sidecar.port, bytes)).status).toBe(200);
  });

  it('and all other garbage never harms the process', async () => {
    fixture = await startFixture();
    const bodies = [
      '{"a":"\ud800"}',
      '{"a":"\\ud800"}',
      '{"\u0000":1}',
      '{"a":1,}',
      '{a:1}',
      "{'a':1}",
      '{"a":NaN}',
      '{"a":.1}',
      '{"a":1e}',
      '\ufeff{}',
      '{"a":"\n"}',
      '{"a":"\\x"}',
      '{"a":tru}',
      '{"a" 1}',
      '{"a"}',
      '{} {}',
      '{"a":1}}',
      `{"a":${'9'.repeat(100_000)}}`,
    ];
    for (const body of bodies)
      expect([200, 400]).toContain((await postPrefilled(fixture, body)).status);
    const bytes = Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]);
    expect([200, 400]).toContain((await postPrefilled(fixture, bytes)).status);
    expect(fixture.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('--request-timeout', () => {
  it('answers 504 before the decoder’s head and ends the decode', async () => {
    fixture = await startFixture({ requestTimeout: 800 });
    fixture.decoder.behaviour = () => undefined;
    const answer = await postPrefilled(fixture, '{}');
    expect([answer.status, (await errorOf(answer)).code]).toEqual([504, 504]);
    await fixture.decoder.last.aborted;
    await until(() => fixture.log.requests.length === 1);
    expect(fixture.log.requests[0]).toMatchObject({ status: 504, outcome: 'timeout' });
  });

  it('answers 504 during the prefill, and no decode starts', async () => {
    fixture = await startFixture({ requestTimeout: 700 });
    fixture.prefiller.behaviour = () => undefined;
    expect((await postPrefilled(fixture, '{}')).status).toBe(504);
    await fixture.prefiller.last.aborted;
    expect(fixture.decoder.requests).toHaveLength(0);
  });

  it('answers 504 during a back-off', async () => {
    fixture = await startFixture({ requestTimeout: 800, retryBackoff: 60_000 });
    fixture.prefiller.behaviour = (response) => void response.writeHead(500).end();
    expect((await postPrefilled(fixture, '{}')).status).toBe(504);
    expect(fixture.prefiller.requests).toHaveLength(1);
  });

  it('answers 504 while the client uploads', async () => {
    fixture = await startFixture({ requestTimeout: 700 });
    for (const lines of [[prefilled()], []]) {
      const client = await RawClient.connect(fixture.sidecar.port);
      client.write(requestBytes('POST /v1/completions', [...lines, 'Content-Length: 10'], '{'));
      expect((await client.answer()).status).toBe(504);
      client.destroy();
    }
    expect(fixture.prefiller.requests).toHaveLength(0);
  });

  it('cuts a stream after its head', async () => {
    fixture = await startFixture({ requestTimeout: 800 });
    fixture.decoder.behaviour = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    };
    const client = await RawClient.connect(fixture.sidecar.port);
    client.write(requestBytes('POST /v1/completions', [prefilled()], '{}'));
    const answer = await client.answer();
    await client.ended();
    expect(answer).toMatchObject({ status: 200, complete: false });
    await fixture.decoder.last.aborted;
    client.destroy();
  });

  it('leaves requests alone that are done in time', async () => {
    fixture = await startFixture({ requestTimeout: 5000 });
    for (let i = 0; i < 3; i++) expect((await postPrefilled(fixture, '{}')).status).toBe(200);
  });
});

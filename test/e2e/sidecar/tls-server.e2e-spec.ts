import http2, { type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { json } from '../../support/fake-engine.js';
import { rawValues, valuesOf } from '../../support/raw-answer.js';
import { RawClient, requestBytes, until } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';
import { TlsFiles } from '../../support/tls-files.js';

interface Http2Answer {
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

function answerOf(stream: ClientHttp2Stream): Promise<Http2Answer> {
  return new Promise((resolve, reject) => {
    let headers: Record<string, unknown> = {};
    let body = '';
    stream.on('response', (received) => (headers = received));
    stream.on('data', (chunk: Buffer) => (body += chunk.toString()));
    stream.on('end', () => resolve({ headers, body }));
    stream.on('error', reject);
  });
}

describe('the data port with TLS', () => {
  let fixture: SidecarFixture;
  let files: TlsFiles;
  let session: ClientHttp2Session;
  beforeAll(async () => {
    files = await TlsFiles.create(['localhost', '127.0.0.1']);
    fixture = await startFixture({ secureProxy: true, certPath: files.folder });
    session = http2.connect(`https://localhost:${fixture.sidecar.port}`, { ca: files.pair.cert });
  });
  afterAll(async () => {
    session.destroy();
    await fixture.stop();
    await files.remove();
  });

  const tls = () => ({ ca: files.pair.cert, servername: 'localhost' });
  const open = (headers: Record<string, string>, body?: string): ClientHttp2Stream => {
    const stream = session.request(
      { ':method': 'POST', ...headers },
      { endStream: body === undefined },
    );
    if (body !== undefined) stream.end(body);
    return stream;
  };
  const prefilled = (): Record<string, string> => ({
    ':path': '/v1/completions',
    'x-prefiller-host-port': fixture.prefiller.hostPort,
  });

  it('serves HTTP/1.1', async () => {
    const client = await RawClient.connect(fixture.sidecar.port, {
      ...tls(),
      ALPNProtocols: ['http/1.1'],
    });
    expect((client.socket as TLSSocket).alpnProtocol).toBe('http/1.1');
    expect((client.socket as TLSSocket).authorized).toBe(true);
    const lines = [`x-prefiller-host-port: ${fixture.prefiller.hostPort}`];
    for (let i = 0; i < 2; i++) {
      client.write(requestBytes('POST /v1/completions', lines, '{}'));
      expect((await client.answer()).status).toBe(200);
    }
    expect(fixture.decoder.last.body.toString()).toContain('kv_transfer_params');
    client.destroy();
  });

  it('prefers HTTP/2 and serves disaggregated requests over it', async () => {
    fixture.decoder.behaviour = json({ ok: 2 });
    const headers = {
      ...prefilled(),
      'x-request-id': 'h2',
      cookie: 'a=1; b=2',
      'accept-encoding': 'br',
    };
    const { headers: received, body } = await answerOf(open(headers, '{"a":1}'));
    expect((session.socket as TLSSocket).alpnProtocol).toBe('h2');
    expect([received[':status'], received['x-request-id'], body]).toEqual([200, 'h2', '{"ok":2}']);
    expect(received['connection']).toBeUndefined();
    expect(fixture.decoder.last.body.toString()).toMatch(/^\{"a":1,"kv_transfer_params":\{/);
    const { rawHeaders } = fixture.decoder.last;
    expect(rawValues(rawHeaders, 'host')).toEqual([`localhost:${fixture.sidecar.port}`]);
    expect(rawValues(rawHeaders, 'x-forwarded-for')).toEqual(['127.0.0.1']);
    expect(rawValues(rawHeaders, 'cookie')).toEqual(['a=1; b=2']);
    expect(rawHeaders.filter((name) => name.startsWith(':'))).toEqual([]);
  });

  it.each(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'PUT'])(
    'passes %s of HTTP/2 as it is',
    async (method) => {
      const head = { ':method': method, ':path': '/a/../b%2F?q=%zz' };
      const stream = session.request(head, { endStream: true });
      const { headers } = await answerOf(stream);
      expect(headers[':status']).toBe(200);
      expect([fixture.decoder.last.method, fixture.decoder.last.url]).toEqual([
        method,
        '/a/../b%2F?q=%zz',
      ]);
      expect(rawValues(fixture.decoder.last.rawHeaders, 'transfer-encoding')).toEqual([]);
    },
  );

  it('refuses over HTTP/2 as over HTTP/1.1', async () => {
    const bad = await answerOf(
      open({ ':path': '/v1/completions', 'x-prefiller-host-port': 'bad' }, '{}'),
    );
    expect(bad.headers[':status']).toBe(400);
    expect(bad.headers['content-type']).toBe('application/json');
    expect((await answerOf(open(prefilled(), '[]'))).headers[':status']).toBe(400);
  });

  it('streams events over HTTP/2 as they come', async () => {
    let next: (() => void) | undefined;
    fixture.decoder.behaviour = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
      next = () => response.end('data: 2\n\n');
    };
    const stream = open(prefilled(), '{}');
    let got = '';
    stream.on('data', (chunk: Buffer) => (got += chunk.toString()));
    await until(() => got === 'data: 1\n\n');
    next!();
    await until(() => got === 'data: 1\n\ndata: 2\n\n');
    fixture.decoder.behaviour = json({ ok: true });
  });

  it('ends the engines’ requests when an HTTP/2 stream is reset', async () => {
    const phases = [fixture.prefiller, fixture.decoder];
    for (const engine of phases) {
      const { behaviour } = engine;
      engine.behaviour = () => undefined;
      const count = engine.requests.length;
      const stream = open(prefilled(), '{}');
      stream.on('error', () => undefined);
      await engine.received(count + 1);
      const before = performance.now();
      stream.close(http2.constants.NGHTTP2_CANCEL);
      await engine.last.aborted;
      expect(performance.now() - before).toBeLessThan(1000);
      engine.behaviour = behaviour;
    }
    expect((await answerOf(open(prefilled(), '{}'))).headers[':status']).toBe(200);
  });

  it('resets an HTTP/2 stream whose decoder breaks off', async () => {
    fixture.decoder.behaviour = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
      setTimeout(() => response.socket?.resetAndDestroy(), 30);
    };
    await expect(answerOf(open(prefilled(), '{}'))).rejects.toThrow();
    fixture.decoder.behaviour = json({ ok: true });
  });

  it('serves many HTTP/2 streams at once, each its own', async () => {
    fixture.decoder.behaviour = (response, { body }) => void response.end(body);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => answerOf(open(prefilled(), `{"i":${i}}`))),
    );
    answers.forEach(({ body }, i) => expect(body).toMatch(new RegExp(`^\\{"i":${i},`)));
    fixture.decoder.behaviour = json({ ok: true });
  });

  it('survives whoever does not speak TLS', async () => {
    for (const bytes of [
      'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
      Buffer.alloc(100_000, 0xff),
      '\x16\x03\x01',
    ]) {
      const client = await RawClient.connect(fixture.sidecar.port);
      client.write(bytes);
      await new Promise((resolve) => setTimeout(resolve, 20));
      client.reset();
    }
    expect((await answerOf(open(prefilled(), '{}'))).headers[':status']).toBe(200);
  });

  it('does not speak TLS 1.1', async () => {
    const old = { ...tls(), minVersion: 'TLSv1' as const, maxVersion: 'TLSv1.1' as const };
    await expect(RawClient.connect(fixture.sidecar.port, old)).rejects.toThrow();
  });

  it('serves with a new certificate soon after it is written, without a pause', async () => {
    const kept = await RawClient.connect(fixture.sidecar.port, tls());
    await files.renew(['localhost', 'renewed.test']);
    let serial: string | undefined;
    const wanted = files.pair.leaf.serialNumber;
    const deadline = Date.now() + 10_000;
    while (serial !== wanted && Date.now() < deadline) {
      const options = { rejectUnauthorized: false };
      const client = await RawClient.connect(fixture.sidecar.port, options);
      serial = (client.socket as TLSSocket).getPeerX509Certificate()!.serialNumber;
      client.destroy();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(serial).toBe(wanted);
    kept.write(requestBytes('GET /v1/models'));
    expect((await kept.answer()).status).toBe(200);
    kept.destroy();
  }, 15_000);
});

describe('without a certificate', () => {
  it('TLS is served with a self-signed one, and a warning', async () => {
    const fixture = await startFixture({
      secureProxy: true,
      certPath: '/nonexistent/tandem-certs',
    });
    try {
      const client = await RawClient.connect(fixture.sidecar.port, { rejectUnauthorized: false });
      const certificate = (client.socket as TLSSocket).getPeerX509Certificate()!;
      expect(certificate.subjectAltName).toMatch(/DNS:localhost.*IP Address:127\.0\.0\.1/);
      client.write(requestBytes('GET /v1/models', ['Connection: close']));
      expect(valuesOf(await client.answer(), 'connection')).toEqual(['close']);
      client.destroy();
      const warnings = fixture.log.lines.filter(({ level }) => level === 'warn');
      expect(warnings.map(({ message }) => message)).toEqual([
        expect.stringContaining('self-signed'),
      ]);
    } finally {
      await fixture.stop();
    }
  });
});

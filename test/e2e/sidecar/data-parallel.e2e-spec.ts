import http2 from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { GENERATE_PATHS } from '../../../src/openai/api.js';
import { freePort } from '../../support/free-port.js';
import { readMetrics } from '../../support/metric-reader.js';
import { NetEngine, whole } from '../../support/net-engine.js';
import { rawValues } from '../../support/raw-answer.js';
import { RawClient, rawExchange, requestBytes, until } from '../../support/raw-client.js';
import { startRanks, type RankedFixture } from '../../support/ranked-fixture.js';
import { TlsFiles } from '../../support/tls-files.js';

const RANKS = [0, 1, 2] as const;
const BODY = '{"model":"m","max_tokens":9,"n":12345678901234567890}';

describe('data-parallel ranks', () => {
  let fixture: RankedFixture;
  beforeAll(async () => {
    fixture = await startRanks(3, { podIp: '10.0.0.7', metricsPort: await freePort() });
  });
  beforeEach(() => fixture.forget());
  afterAll(() => fixture.stop());

  const send = (rank: number, line: string, fields: readonly string[] = [], body = '') =>
    rawExchange(fixture.ports[rank]!, requestBytes(line, fields, body));
  const only = (rank: number): number[] => RANKS.map((other) => (other === rank ? 1 : 0));

  it('are told of when the sidecar is ready', async () => {
    const own = await startRanks(2);
    const ready = own.log.lines.filter(({ message }) => message === 'ready');
    const port = own.ports[0];
    const decoderPort = own.decoders[0]!.port;
    expect(ready).toEqual([
      expect.objectContaining({
        fields: expect.objectContaining({ port, decoderPort, dataParallelSize: 2 }) as object,
      }),
    ]);
    await own.stop();
  });

  it.each(RANKS)(
    'of port + %i: everything goes to the model server of the same rank',
    async (rank) => {
      const lines = ['x-data-parallel-rank: 5', 'x-request-id: mine'];
      for (const path of ['/v1/embeddings?q=%zz', ...GENERATE_PATHS]) {
        fixture.forget();
        const answer = await send(rank, `POST ${path}`, lines, ' not json');
        expect([answer.status, answer.body.toString()]).toEqual([200, `{"rank":${rank}}`]);
        expect(fixture.received).toEqual(only(rank));
        const { url, body, rawHeaders } = fixture.decoders[rank]!.last;
        expect([url, body.toString()]).toEqual([path, ' not json']);
        expect(rawValues(rawHeaders, 'x-data-parallel-rank')).toEqual(['5']);
      }
    },
  );

  it.each(RANKS)('of port + %i: a prefill names the decoder of the same rank', async (rank) => {
    const { decoders, prefiller } = fixture;
    const fields = [`x-prefiller-host-port: ${prefiller.hostPort}`, 'x-data-parallel-rank: 5'];
    await send(rank, 'POST /v1/completions', fields, BODY);
    expect(fixture.received).toEqual(only(rank));
    for (const { last } of [prefiller, decoders[rank]!])
      expect(rawValues(last.rawHeaders, 'x-data-parallel-rank')).toEqual(['5']);
    expect(rawValues(prefiller.last.rawHeaders, 'x-decoder-host-port')).toEqual([
      `10.0.0.7:${decoders[rank]!.port}`,
    ]);
    expect(decoders[rank]!.last.body.toString()).toMatch(
      /^\{"model":"m","max_tokens":9,"n":12345678901234567890,"kv_transfer_params":\{/,
    );
  });

  it('leaves access lines that tell the rank, and metrics of all', async () => {
    const before = (await readMetrics(fixture.opsUrl)).get(
      'sidecar_requests_total{path="/v1/completions",status="200"}',
    );
    for (const rank of RANKS) await send(rank, 'POST /v1/completions', [], '{}');
    await until(() => fixture.log.requests.length === 3);
    expect(fixture.log.requests.map(({ rank }) => rank)).toEqual([...RANKS]);
    const after = await readMetrics(fixture.opsUrl);
    expect(after.get('sidecar_requests_total{path="/v1/completions",status="200"}')).toBe(
      (before ?? 0) + 3,
    );
    expect(after.get('sidecar_in_flight_requests')).toBe(0);
  });
});

describe('tunnels of data-parallel ranks', () => {
  it('lead to the model server of the same rank', async () => {
    const fixture = await startRanks(2);
    const client = await RawClient.connect(fixture.ports[1]!);
    const { server } = fixture.decoders[1]!;
    server.on('upgrade', (_, socket) => {
      socket.end(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nyes',
      );
    });
    client.write(requestBytes('GET /v1/realtime', ['Connection: Upgrade', 'Upgrade: x']));
    expect((await client.answer()).status).toBe(101);
    await until(() => client.received.toString() === 'yes');
    client.destroy();
    await until(() => fixture.log.requests.length === 1);
    expect(fixture.log.requests[0]).toMatchObject({ status: 101, rank: 1 });
    expect(fixture.received).toEqual([0, 0]);
    await fixture.stop();
  });
});

describe('data-parallel ranks behind TLS', () => {
  it('serve HTTP/1.1 and HTTP/2 on each port, with one certificate', async () => {
    const files = await TlsFiles.create(['localhost', '127.0.0.1']);
    const fixture = await startRanks(2, { secureProxy: true, certPath: files.folder });
    const tls = { ca: files.pair.cert, servername: 'localhost' };
    const prefilled = { 'x-prefiller-host-port': fixture.prefiller.hostPort };
    for (const [rank, port] of fixture.ports.entries()) {
      const client = await RawClient.connect(port, { ...tls, ALPNProtocols: ['http/1.1'] });
      client.write(requestBytes('POST /v1/completions', [], '{}'));
      expect((await client.answer()).body.toString()).toBe(`{"rank":${rank}}`);
      client.destroy();
      const session = http2.connect(`https://localhost:${port}`, tls);
      const stream = session.request({
        ':method': 'POST',
        ':path': '/v1/completions',
        ...prefilled,
      });
      stream.end('{}');
      let body = '';
      for await (const chunk of stream) body += String(chunk);
      expect([(session.socket as TLSSocket).alpnProtocol, body]).toEqual([
        'h2',
        `{"rank":${rank}}`,
      ]);
      session.destroy();
    }
    expect(fixture.received).toEqual([2, 2]);
    await fixture.stop();
    await files.remove();
  });
});

describe('the connection that is opened to the decoder while a prefill runs', () => {
  it('is one to the decoder of the rank', async () => {
    const fixture = await startRanks(2);
    let answer: (() => void) | undefined;
    const prefiller = await NetEngine.start(({ socket }) => {
      answer = () => void socket.write(whole('{}'));
    });
    const fields = [`x-prefiller-host-port: 127.0.0.1:${prefiller.port}`];
    const exchange = rawExchange(
      fixture.ports[1]!,
      requestBytes('POST /v1/completions', fields, '{}'),
    );
    await until(() => fixture.decoders[1]!.connections === 1 && answer !== undefined);
    answer!();
    expect((await exchange).body.toString()).toBe('{"rank":1}');
    expect(fixture.decoders.map(({ connections }) => connections)).toEqual([0, 1]);
    await fixture.stop();
    await prefiller.stop();
  });
});

describe('sources of KV among data-parallel ranks', () => {
  it('are the other ranks of the pod, at ports of their own, and not the rank itself', async () => {
    const fixture = await startRanks(3, { podIp: '10.0.0.7', kvConnector: 'offloading' });
    const pulled = async (rank: number): Promise<string> => {
      fixture.forget();
      const fields = [`x-kv-cache-source-host-port: 10.0.0.7:${fixture.ports[rank]}`];
      await rawExchange(fixture.ports[1]!, requestBytes('POST /v1/completions', fields, BODY));
      expect(fixture.received).toEqual([0, 1, 0]);
      return fixture.decoders[1]!.last.body.toString();
    };
    expect(await pulled(0)).toContain('"remote_host":"10.0.0.7","remote_port":7777}');
    expect(await pulled(1)).toBe(BODY);
    expect(await pulled(2)).toContain('"remote_host":"10.0.0.7","remote_port":7779}');
    await fixture.stop();
  });
});

describe('readiness of data-parallel ranks', () => {
  it('is told by each port for its own, and by the metrics port for all', async () => {
    const fixture = await startRanks(3, { metricsPort: await freePort() });
    await fixture.decoders[1]!.stop();
    const urls = [...fixture.ports.map((port) => `http://127.0.0.1:${port}`), fixture.opsUrl];
    const answers = await Promise.all(urls.map((url) => fetch(`${url}/health/ready`)));
    expect(answers.map(({ status }) => status)).toEqual([200, 503, 200, 503]);
    const [first, second, , all] = await Promise.all(answers.map((answer) => answer.json()));
    expect(first).toMatchObject({ details: { 'decoder-0': { status: 'up' }, shutdown: {} } });
    expect(Object.keys((first as { details: object }).details)).toHaveLength(2);
    const down = { status: 'down', message: 'refuses connections' };
    expect(second).toMatchObject({ error: { 'decoder-1': down } });
    expect(all).toMatchObject({ error: { 'decoder-1': down }, info: { 'decoder-2': {} } });
    for (const url of urls) expect((await fetch(`${url}/health`)).status).toBe(200);
    const head = await fetch(`${urls[1]}/health/ready`, { method: 'HEAD' });
    expect(head.status).toBe(503);
    // The path by which a port asks for its own is nobody else's.
    expect((await fetch(`${urls[0]}/health/ready/1`)).status).toBe(200);
    expect(fixture.decoders[0]!.last.url).toBe('/health/ready/1');
    expect((await fetch(`${fixture.opsUrl}/health/ready/0`)).status).toBe(404);
    await fixture.stop();
  });
});

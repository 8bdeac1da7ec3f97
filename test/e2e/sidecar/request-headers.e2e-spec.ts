import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ReceivedRequest } from '../../support/fake-engine.js';
import { rawValues, valuesOf, type RawAnswer } from '../../support/raw-answer.js';
import { rawExchange, requestBytes } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const ROUTING = [
  'x-prefiller-url: 127.0.0.1:9',
  'x-encoder-hosts-ports: 127.0.0.1:9',
  'x-kv-cache-source-host-port: 127.0.0.1:9',
  'x-data-parallel-host-port: 127.0.0.1:9',
  'x-connector-protocol: nixlv2',
];
const ROUTING_NAMES = ['x-prefiller-host-port', ...ROUTING.map((line) => line.split(':')[0]!)];

describe('header fields of a request', () => {
  let fixture: SidecarFixture;
  beforeAll(async () => {
    fixture = await startFixture();
  });
  afterAll(() => fixture.stop());
  /** Sends on a connection of its own, with nothing recorded before. */
  const send = (bytes: Buffer): Promise<RawAnswer> => {
    fixture.prefiller.requests.length = 0;
    fixture.decoder.requests.length = 0;
    return rawExchange(fixture.sidecar.port, bytes);
  };
  const prefilled = (...lines: string[]): Promise<RawAnswer> =>
    send(
      requestBytes(
        'POST /v1/completions',
        [`X-Prefiller-Host-Port: ${fixture.prefiller.hostPort}`, ...lines],
        '{}',
      ),
    );
  const passed = (...lines: string[]): Promise<RawAnswer> =>
    send(requestBytes('POST /v1/embeddings', lines, '{}'));
  const legs = (): ReceivedRequest[] => [
    ...fixture.prefiller.requests.slice(-1),
    ...fixture.decoder.requests.slice(-1),
  ];
  const onLegs = (name: string): string[][] =>
    legs().map(({ rawHeaders }) => rawValues(rawHeaders, name));

  it('that route never reach an engine', async () => {
    for (const ask of [prefilled, passed]) {
      expect((await ask(...ROUTING)).status).toBe(200);
      for (const name of ROUTING_NAMES) expect(onLegs(name).flat()).toEqual([]);
    }
  });

  it('that route never reach an engine when Connection lists them', async () => {
    for (const ask of [prefilled, passed]) {
      const answer = await ask(...ROUTING, `Connection: keep-alive, ${ROUTING_NAMES.join(', ')}`);
      expect(answer.status).toBe(200);
      for (const name of ROUTING_NAMES) expect(onLegs(name).flat()).toEqual([]);
    }
  });

  it('that concern one connection stop here', async () => {
    const hop = [
      'Connection: X-Gone, close, x-also-gone',
      'X-Gone: 1',
      'X-Also-Gone: 2',
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
      'Proxy-Authorization: Basic x',
      'Proxy-Authenticate: x',
      'TE: trailers, chunked',
      'Trailer: X-T',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQAAP__',
    ];
    for (const ask of [prefilled, passed]) {
      expect((await ask(...hop)).status).toBe(200);
      for (const line of hop) {
        const name = line.split(':')[0]!;
        const values = onLegs(name).flat();
        expect([name, values.filter((value) => /gone|close|x-t|h2c|chunked/i.test(value))]).toEqual(
          [name, []],
        );
        if (!/^connection$/i.test(name)) expect([name, values]).toEqual([name, []]);
      }
    }
  });

  it('that concern the request reach the engines as they were sent', async () => {
    const kept = [
      'Host: Api.Example:8443',
      'Authorization: Bearer T0p',
      'api-key: k',
      'Cookie: a=1',
      'Cookie: b=2',
      'X-Dup: 1',
      'x-dup: 2',
      'X-Empty:',
      'X-Latin: caf\xe9 \xff',
      'User-Agent: probe/1',
      'Accept: */*',
      'baggage: k=v',
      'tracestate: v=1',
      'tracestate: w=2',
      'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'X-Data-Parallel-Rank: 3',
      'X-Forwarded-Proto: https',
      'Forwarded: for=1.2.3.4',
      'Via: 1.1 gw',
      '__proto__: x',
      'constructor: y',
      "X!#$%&'*+-.^_`|~9: token",
    ];
    for (const ask of [prefilled, passed]) {
      expect((await ask(...kept)).status).toBe(200);
      const received = legs();
      expect(received.length).toBeGreaterThan(0);
      for (const { rawHeaders } of received) {
        const lines = rawHeaders.flatMap((name, i) =>
          i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1]}`.trimEnd()] : [],
        );
        for (const line of kept) expect(lines).toContain(line);
        expect(rawValues(rawHeaders, 'cookie').join('; ')).toBe('a=1; b=2');
        expect(rawValues(rawHeaders, 'x-dup')).toEqual(['1', '2']);
        expect(rawValues(rawHeaders, 'host')).toEqual(['Api.Example:8443']);
      }
    }
  });

  it('tell Accept-Encoding to the decoder alone; a prefiller must answer plainly', async () => {
    await prefilled('Accept-Encoding: gzip, br');
    expect(onLegs('accept-encoding')).toEqual([['identity'], ['gzip, br']]);
    await passed('Accept-Encoding: gzip');
    expect(rawValues(fixture.decoder.last.rawHeaders, 'accept-encoding')).toEqual(['gzip']);
    await passed();
    expect(rawValues(fixture.decoder.last.rawHeaders, 'accept-encoding')).toEqual([]);
  });

  it.each([
    ['none', [], undefined],
    ['one', ['X-Request-Id: abc/1'], 'abc/1'],
    ['two lines', ['X-Request-Id: first', 'x-request-id: second'], 'first'],
    ['one listed in Connection', ['X-Request-Id: abc', 'Connection: x-request-id'], 'abc'],
    ['an empty one', ['X-Request-Id:'], undefined],
    ['one of 256 characters', [`X-Request-Id: ${'i'.repeat(256)}`], 'i'.repeat(256)],
    ['one of 257 characters', [`X-Request-Id: ${'i'.repeat(257)}`], undefined],
    ['one with a blank', ['X-Request-Id: a b'], undefined],
    ['one beyond ASCII', ['X-Request-Id: \xe9'], undefined],
  ])('make one x-request-id of %s, everywhere', async (_, lines, expected) => {
    for (const ask of [prefilled, passed]) {
      const answer = await ask(...lines);
      const ids = new Set(
        [...onLegs('x-request-id'), valuesOf(answer, 'x-request-id')].map(String),
      );
      expect(ids.size).toBe(1);
      const [id] = ids;
      if (expected === undefined) {
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      } else expect(id).toBe(expected);
    }
  });

  it('get the client appended to X-Forwarded-For', async () => {
    for (const ask of [prefilled, passed]) {
      await ask();
      for (const values of onLegs('x-forwarded-for')) expect(values).toEqual(['127.0.0.1']);
      await ask('X-Forwarded-For: 9.9.9.9', 'x-forwarded-for: 8.8.8.8, 7.7.7.7');
      for (const values of onLegs('x-forwarded-for')) {
        expect(values.join(', ')).toBe('9.9.9.9, 8.8.8.8, 7.7.7.7, 127.0.0.1');
      }
      await ask('X-Forwarded-For: 9.9.9.9', 'Connection: x-forwarded-for');
      for (const values of onLegs('x-forwarded-for')) {
        expect(values.join(', ')).toMatch(/127\.0\.0\.1$/);
      }
    }
  });

  it('of the transfer are told to the prefiller only, whatever the client says', async () => {
    await prefilled('x-kv-connector: evil', 'X-Nixl-Version: 9', 'x-decoder-host-port: evil:1');
    const { rawHeaders } = fixture.prefiller.last;
    expect(rawValues(rawHeaders, 'x-kv-connector')).toEqual(['nixl']);
    expect(rawValues(rawHeaders, 'x-nixl-version')).toEqual(['2']);
    expect(rawValues(rawHeaders, 'x-decoder-host-port')).toEqual([
      `localhost:${fixture.decoder.port}`,
    ]);
    expect(rawValues(fixture.decoder.last.rawHeaders, 'x-decoder-host-port')).toEqual([]);
  });

  it.each([
    ['nixl', ['nixl'], ['1']],
    ['lmcache', ['lmcache'], []],
  ])('name the connector %s to the prefiller', async (name, connector, version) => {
    expect((await prefilled(`x-connector-protocol: ${name}`)).status).toBe(200);
    const { rawHeaders } = fixture.prefiller.last;
    expect(rawValues(rawHeaders, 'x-kv-connector')).toEqual(connector);
    expect(rawValues(rawHeaders, 'x-nixl-version')).toEqual(version);
  });

  it('frame each leg once, by the length of its own body', async () => {
    await prefilled('Content-Type: application/json');
    for (const { rawHeaders, body } of legs()) {
      expect(rawValues(rawHeaders, 'content-length')).toEqual([String(body.length)]);
      expect(rawValues(rawHeaders, 'transfer-encoding')).toEqual([]);
      expect(rawValues(rawHeaders, 'expect')).toEqual([]);
    }
  });
});

describe('the decoder as prefillers are told', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3'],
    ['fd00::1', '[fd00::1]'],
  ])('is at POD_IP %s', async (podIp, host) => {
    const fixture = await startFixture({ podIp });
    try {
      const lines = [`x-prefiller-host-port: ${fixture.prefiller.hostPort}`];
      await rawExchange(fixture.sidecar.port, requestBytes('POST /v1/completions', lines, '{}'));
      const told = rawValues(fixture.prefiller.last.rawHeaders, 'x-decoder-host-port');
      expect(told).toEqual([`${host}:${fixture.decoder.port}`]);
    } finally {
      await fixture.stop();
    }
  });
});

import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { errorOf, postPrefilled } from '../../support/prefill-request.js';
import { rawExchange, requestBytes } from '../../support/raw-client.js';
import { valuesOf } from '../../support/raw-answer.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const SECRET = 'do-not-repeat-me';
const BAD = {
  target: { 'x-prefiller-host-port': `${SECRET}@host:1` },
  connector: { 'x-connector-protocol': `x-${SECRET}` },
  coding: { 'content-encoding': 'gzip' },
};
const HUGE = `"${SECRET}${'x'.repeat(2000)}`;

describe('a request that cannot be disaggregated', () => {
  let fixture: SidecarFixture;
  beforeAll(async () => {
    fixture = await startFixture({ maxRequestBytes: 1000 });
  });
  afterAll(() => fixture.stop());

  it.each([
    ['its routing header', 400, { ...BAD.target, ...BAD.connector, ...BAD.coding }, HUGE],
    ['its connector', 400, { ...BAD.connector, ...BAD.coding }, HUGE],
    ['its content coding', 415, BAD.coding, HUGE],
    ['its size', 413, {}, HUGE],
    ['its JSON', 400, {}, `{"${SECRET}":`],
  ])('is refused for %s before anything that comes later', async (what, status, headers, body) => {
    const answer = await postPrefilled(fixture, body, { headers });
    expect(answer.status).toBe(status);
    const error = await errorOf(answer);
    const word = {
      'its routing header': 'routing header',
      'its connector': 'x-connector-protocol',
    };
    expect(error.message).toContain((word as Record<string, string>)[what] ?? '');
    expect({ ...error, message: '', type: '' }).toEqual({
      ...{ message: '', type: '', param: null },
      code: status,
    });
    expect(fixture.prefiller.requests).toHaveLength(0);
    expect(fixture.decoder.requests).toHaveLength(0);
  });

  it.each([
    ['a bad target', BAD.target, '{}'],
    ['an unknown connector', BAD.connector, '{}'],
    ['a coded body', BAD.coding, gzipSync('{}')],
    ['bad JSON', {}, `[${SECRET}`],
    ['a body that is too large', {}, HUGE],
  ])(
    'is answered in JSON, with its id and without a word of its own: %s',
    async (_, headers, body) => {
      const lines = Object.entries({ 'X-Prefiller-Host-Port': '127.0.0.1:1', ...headers });
      const answer = await rawExchange(
        fixture.sidecar.port,
        requestBytes(
          'POST /v1/completions',
          ['x-request-id: r-1', ...lines.map(([name, value]) => `${name}: ${value}`)],
          body,
        ),
      );
      expect(valuesOf(answer, 'content-type')).toEqual(['application/json']);
      expect(valuesOf(answer, 'x-request-id')).toEqual(['r-1']);
      expect(valuesOf(answer, 'content-length')).toEqual([String(answer.body.length)]);
      expect(valuesOf(answer, 'x-powered-by')).toEqual([]);
      expect(valuesOf(answer, 'etag')).toEqual([]);
      expect(answer.body.toString()).not.toContain(SECRET);
      expect(answer.body.toString()).not.toMatch(/\bat \S+ \(|node:|\.ts|\.js/);
    },
  );

  it.each([
    'null',
    '[]',
    '[{}]',
    '1',
    '"x"',
    'true',
    '',
    ' ',
    '{',
    '{"a":1}x',
    '{"a":01}',
    '\u0000',
  ])('is refused when its body is %j', async (body) => {
    const answer = await postPrefilled(fixture, body);
    expect(answer.status).toBe(400);
    expect((await errorOf(answer)).type).toBe('BadRequestError');
    expect(fixture.prefiller.requests).toHaveLength(0);
    expect(fixture.decoder.requests).toHaveLength(0);
  });

  it.each(['gzip', 'GZIP', 'br', 'deflate, gzip', 'zstd'])(
    'is refused when it is coded as %s',
    async (coding) => {
      const answer = await postPrefilled(fixture, '{}', {
        headers: { 'content-encoding': coding },
      });
      expect(answer.status).toBe(415);
    },
  );

  it('is served when its coding is identity', async () => {
    const headers = { 'content-encoding': 'identity' };
    expect((await postPrefilled(fixture, '{}', { headers })).status).toBe(200);
  });

  it('keeps the connection usable after a refusal that read the whole body', async () => {
    const bad = requestBytes('POST /v1/completions', ['x-prefiller-host-port: a:1'], '[]');
    const good = requestBytes('GET /v1/models');
    const answer = await rawExchange(fixture.sidecar.port, Buffer.concat([bad, good]));
    expect(answer.status).toBe(400);
    expect(valuesOf(answer, 'connection')).not.toContain('close');
  });
});

describe('a coded body without a prefill header', () => {
  it('passes as it is', async () => {
    const fixture = await startFixture();
    try {
      const body = gzipSync('{"model":"m"}');
      const bytes = requestBytes('POST /v1/completions', ['Content-Encoding: gzip'], body);
      expect((await rawExchange(fixture.sidecar.port, bytes)).status).toBe(200);
      expect(fixture.decoder.last.headers['content-encoding']).toBe('gzip');
      expect(fixture.decoder.last.body).toEqual(body);
    } finally {
      await fixture.stop();
    }
  });
});

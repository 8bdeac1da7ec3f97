import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeEngine, json, KV_PARAMS, type EngineBehaviour } from '../../support/fake-engine.js';
import { freePort } from '../../support/free-port.js';
import { HostileUpstream } from '../../support/hostile-upstream.js';
import { readMetrics } from '../../support/metric-reader.js';
import { errorOf, postPrefilled } from '../../support/prefill-request.js';
import { rawValues, valuesOf } from '../../support/raw-answer.js';
import { rawExchange, requestBytes } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const GOOD = json({ kv_transfer_params: KV_PARAMS });

describe('a prefiller that refuses', () => {
  let fixture: SidecarFixture;
  beforeAll(async () => {
    fixture = await startFixture();
  });
  afterAll(() => fixture.stop());

  it.each([301, 302, 304, 307, 400, 401, 404, 408, 413, 422, 429, 451])(
    'with %s has its status, headers and body forwarded, once',
    async (status) => {
      fixture.prefiller.requests.length = 0;
      fixture.prefiller.behaviour = (response) => {
        const fields = ['Location', 'http://127.0.0.1:1/', 'Set-Cookie', 'a', 'Set-Cookie', 'b'];
        response.writeHead(status, [
          ...fields,
          'X-Up',
          '1',
          'Content-Type',
          'text/x',
          'X-Request-Id',
          'p',
        ]);
        response.end(status === 304 ? undefined : 'why \xff');
      };
      const answer = await rawExchange(
        fixture.sidecar.port,
        requestBytes(
          'POST /v1/completions',
          [`x-prefiller-host-port: ${fixture.prefiller.hostPort}`, 'x-request-id: mine'],
          '{}',
        ),
      );
      expect(answer.status).toBe(status);
      expect(valuesOf(answer, 'location')).toEqual(['http://127.0.0.1:1/']);
      expect(valuesOf(answer, 'set-cookie')).toEqual(['a', 'b']);
      expect(valuesOf(answer, 'x-up')).toEqual(['1']);
      expect(valuesOf(answer, 'content-type')).toEqual(['text/x']);
      expect(valuesOf(answer, 'x-request-id')).toEqual(['mine']);
      expect(valuesOf(answer, 'transfer-encoding')).toEqual([]);
      expect(answer.body.toString()).toBe(status === 304 ? '' : 'why \xff');
      expect(fixture.prefiller.requests).toHaveLength(1);
      expect(fixture.decoder.requests).toHaveLength(0);
    },
  );
});

describe('a prefiller that fails', () => {
  let fixture: SidecarFixture;
  afterEach(() => fixture.stop());

  async function start(config: Parameters<typeof startFixture>[0] = {}): Promise<void> {
    fixture = await startFixture({ retryBackoff: 5, metricsPort: await freePort(), ...config });
  }
  const metric = async (name: string): Promise<number | undefined> =>
    (await readMetrics(fixture.opsUrl)).get(name);
  const failing = (times: number, failure: EngineBehaviour): EngineBehaviour => {
    let left = times;
    return (response, request) =>
      left-- > 0 ? failure(response, request) : GOOD(response, request);
  };
  const reset: EngineBehaviour = (response) => {
    response.socket?.resetAndDestroy();
  };

  it.each<[string, EngineBehaviour]>([
    ['500', json({ error: 'x' }, 500)],
    ['503', json('busy', 503)],
    ['a reset', reset],
  ])('three times by %s is asked a fourth time', async (_, failure) => {
    await start();
    fixture.prefiller.behaviour = failing(3, failure);
    expect((await postPrefilled(fixture, '{}')).status).toBe(200);
    expect(fixture.prefiller.requests).toHaveLength(4);
    expect(fixture.decoder.requests).toHaveLength(1);
    expect(await metric('sidecar_retries_total')).toBe(3);
    const ids = fixture.prefiller.requests.map(({ rawHeaders }) =>
      rawValues(rawHeaders, 'x-request-id'),
    );
    expect(new Set(ids.flat()).size).toBe(1);
  });

  it('with 5xx four times ends in 502 with what it said', async () => {
    await start();
    fixture.prefiller.behaviour = json(`{"why":"é${'x'.repeat(70_000)}"}`, 507);
    const answer = await postPrefilled(fixture, '{}');
    expect(answer.status).toBe(502);
    const error = await errorOf(answer);
    expect(error).toMatchObject({ code: 'upstream_error', param: null, type: expect.any(String) });
    expect(error.upstream!.status).toBe(507);
    expect(error.upstream!.body).toMatch(/^\{"why":"éx+$/);
    expect(Buffer.byteLength(error.upstream!.body)).toBe(64 * 1024);
    expect(fixture.prefiller.requests).toHaveLength(4);
    expect(fixture.decoder.requests).toHaveLength(0);
    expect(await metric('sidecar_errors_total{type="http"}')).toBeGreaterThan(0);
  });

  it('with 5xx has it forwarded as it came with --retry-on-5xx=false', async () => {
    await start({ retryOn5xx: false });
    fixture.prefiller.behaviour = (response) => {
      response.writeHead(503, { 'retry-after': '7', 'content-type': 'text/x' }).end('busy');
    };
    const answer = await postPrefilled(fixture, '{}');
    expect([answer.status, answer.headers.get('retry-after'), await answer.text()]).toEqual([
      503,
      '7',
      'busy',
    ]);
    expect(fixture.prefiller.requests).toHaveLength(1);
  });

  it('with 5xx is not asked again with --prefill-max-retries=0', async () => {
    await start({ prefillMaxRetries: 0 });
    fixture.prefiller.behaviour = json('x', 500);
    expect((await postPrefilled(fixture, '{}')).status).toBe(502);
    expect(fixture.prefiller.requests).toHaveLength(1);
  });

  it('by resets alone ends in 504', async () => {
    await start();
    fixture.prefiller.behaviour = reset;
    const answer = await postPrefilled(fixture, '{}');
    expect(answer.status).toBe(504);
    expect((await errorOf(answer)).code).toBe(504);
    expect(fixture.prefiller.requests).toHaveLength(4);
    expect(await metric('sidecar_errors_total{type="network"}')).toBeGreaterThan(0);
  });

  it.each(['127.0.0.1:1', 'no-such-host.invalid:80'])(
    'because %s is not there ends in 504',
    async (target) => {
      await start({ retryBackoff: 1 });
      const answer = await postPrefilled(fixture, '{}', {
        headers: { 'x-prefiller-host-port': target },
      });
      expect(answer.status).toBe(504);
      expect(JSON.stringify(await errorOf(answer))).not.toMatch(/ECONN|ENOTFOUND|127\.0|invalid/);
      expect(await metric('sidecar_retries_total')).toBe(3);
    },
  );

  it('by its silence ends in 504 without another try', async () => {
    await start({ prefillerTimeout: 60 });
    fixture.prefiller.behaviour = () => undefined;
    const answer = await postPrefilled(fixture, '{}');
    expect(answer.status).toBe(504);
    await fixture.prefiller.last.aborted;
    expect(fixture.prefiller.requests).toHaveLength(1);
    expect(await metric('sidecar_errors_total{type="timeout"}')).toBe(1);
  });

  it('to finish its answer after the head has its time', async () => {
    await start({ prefillerTimeout: 150 });
    fixture.prefiller.behaviour = async (response) => {
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .write('{"kv_transfer_params":');
      await new Promise((resolve) => setTimeout(resolve, 300));
      response.end('{}}');
    };
    expect((await postPrefilled(fixture, '{}')).status).toBe(200);
  });

  it.each([
    ['no JSON', 'ok'],
    ['nothing', ''],
    ['null', 'null'],
    ['an array', '[{"kv_transfer_params":{}}]'],
    ['half an object', '{"kv_transfer_params":{}'],
  ])('with %s and 200 ends in 502, once', async (_, body) => {
    await start();
    fixture.prefiller.behaviour = json(body);
    const answer = await postPrefilled(fixture, '{}');
    expect([answer.status, (await errorOf(answer)).code]).toEqual([502, 502]);
    expect(fixture.prefiller.requests).toHaveLength(1);
    expect(fixture.decoder.requests).toHaveLength(0);
  });

  it('with more than --max-prefill-response-bytes ends in 502, and is cut off', async () => {
    await start({ maxPrefillResponseBytes: 1000 });
    fixture.prefiller.behaviour = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(`{"a":"${'x'.repeat(2000)}`);
    };
    expect((await postPrefilled(fixture, '{}')).status).toBe(502);
    await fixture.prefiller.last.aborted;
    expect(fixture.decoder.requests).toHaveLength(0);
  });

  it('with exactly --max-prefill-response-bytes is taken', async () => {
    const body = JSON.stringify({ kv_transfer_params: KV_PARAMS });
    await start({ maxPrefillResponseBytes: body.length });
    fixture.prefiller.behaviour = json(body);
    expect((await postPrefilled(fixture, '{}')).status).toBe(200);
  });

  it.each([
    ['garbage', 'SSH-2.0-x\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}'],
    [
      'a length beside chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['bare line feeds', 'HTTP/1.1 200 OK\nContent-Length: 2\n\n{}'],
    [
      'an unasked 101',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    ],
    ['1xx without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000)],
  ])('to speak HTTP by %s ends in 502', async (_, bytes) => {
    await start();
    const hostile = await HostileUpstream.start({ says: [bytes], then: 'hang' });
    const answer = await postPrefilled(fixture, '{}', {
      headers: { 'x-prefiller-host-port': hostile.hostPort },
    });
    expect(answer.status).toBe(502);
    expect(fixture.decoder.requests).toHaveLength(0);
    await hostile.stop();
  });

  it('in the middle of its answer is asked again', async () => {
    await start();
    const hostile = await HostileUpstream.start(
      { says: ['HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{"kv_transfer'], then: 'fin' },
      { says: ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n'], then: 'rst' },
      { says: ['HTTP/1.1 200 OK\r\n\r\n{"kv_transfer_params":{"a":1}}'], then: 'fin' },
    );
    const answer = await postPrefilled(fixture, '{}', {
      headers: { 'x-prefiller-host-port': hostile.hostPort },
    });
    expect(answer.status).toBe(200);
    expect(fixture.decoder.last.body.toString()).toBe('{"kv_transfer_params":{"a":1}}');
    expect(hostile.requests).toHaveLength(3);
    await hostile.stop();
  });

  it('to speak TLS ends in 502 without another try', async () => {
    const tls = { enabled: true, insecureSkipVerify: false };
    const off = { enabled: false, insecureSkipVerify: false };
    await start({ upstreamTls: { prefiller: tls, decoder: off, encoder: off } });
    const answer = await postPrefilled(fixture, '{}');
    expect(answer.status).toBe(502);
    expect(fixture.prefiller.requests).toHaveLength(0);
    expect(await metric('sidecar_errors_total{type="tls"}')).toBe(1);
    expect(await metric('sidecar_retries_total')).toBe(0);
  });
});

describe('fallback prefillers', () => {
  let fixture: SidecarFixture;
  let second: FakeEngine;
  afterEach(async () => {
    await fixture.stop();
    await second.stop();
  });

  async function start(config: Parameters<typeof startFixture>[0] = {}): Promise<void> {
    fixture = await startFixture({ retryBackoff: 5000, ...config });
    second = await FakeEngine.start(GOOD);
  }
  const ask = (): Promise<Response> =>
    postPrefilled(fixture, '{}', {
      headers: { 'x-prefiller-host-port': `${fixture.prefiller.hostPort}, ${second.hostPort}` },
    });

  it.each<[string, EngineBehaviour]>([
    ['500', json('x', 500)],
    ['a reset', (response) => void response.socket?.resetAndDestroy()],
    ['silence', () => undefined],
  ])('are asked at once after %s', async (_, failure) => {
    await start({ prefillerTimeout: 100 });
    fixture.prefiller.behaviour = failure;
    expect((await ask()).status).toBe(200);
    expect([fixture.prefiller.requests.length, second.requests.length]).toEqual([1, 1]);
    expect(second.last.body).toEqual(fixture.prefiller.last.body);
  });

  it.each<[string, EngineBehaviour, number]>([
    ['4xx', json('x', 429), 429],
    ['3xx', json('x', 307), 307],
    ['no JSON', json('x'), 502],
    ['5xx with --retry-on-5xx=false', json('x', 500), 500],
  ])('are not asked after %s', async (_, refusal, status) => {
    await start({ retryOn5xx: status !== 500 });
    fixture.prefiller.behaviour = refusal;
    expect((await ask()).status).toBe(status);
    expect(second.requests).toHaveLength(0);
  });

  it('are not asked with --prefiller-fallback=none', async () => {
    await start({ prefillerFallback: 'none', prefillMaxRetries: 0 });
    fixture.prefiller.behaviour = json('x', 500);
    expect((await ask()).status).toBe(502);
    expect(second.requests).toHaveLength(0);
  });

  it('take turns, and the last failure decides', async () => {
    await start({ retryBackoff: 5, prefillMaxRetries: 1 });
    fixture.prefiller.behaviour = json('x', 500);
    second.behaviour = (response) => void response.socket?.resetAndDestroy();
    expect((await ask()).status).toBe(504);
    expect([fixture.prefiller.requests.length, second.requests.length]).toEqual([2, 2]);
    expect(fixture.decoder.requests).toHaveLength(0);
  });
});

describe('Retry-After of a prefiller', () => {
  it.each([
    ['seconds', () => '1'],
    ['a date', () => new Date(Date.now() + 2000).toUTCString()],
  ])('in %s is waited for', async (_, value) => {
    const fixture = await startFixture({ retryBackoff: 1 });
    try {
      let first = 0;
      fixture.prefiller.behaviour = (response, request) => {
        if (first !== 0) return GOOD(response, request);
        first = performance.now();
        response.writeHead(503, { 'retry-after': value() }).end();
      };
      expect((await postPrefilled(fixture, '{}')).status).toBe(200);
      expect(performance.now() - first).toBeGreaterThan(900);
    } finally {
      await fixture.stop();
    }
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { json } from '../../support/fake-engine.js';
import { freePort } from '../../support/free-port.js';
import { rawExchange, requestBytes, until } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

describe('health', () => {
  let fixture: SidecarFixture;
  beforeAll(async () => {
    fixture = await startFixture({ metricsPort: await freePort() });
    fixture.decoder.behaviour = (response, { url }) => {
      if (url === '/metrics') response.end('vllm:num_requests_running 3\n');
      else response.writeHead(url === '/health' ? 200 : 418).end();
    };
  });
  afterAll(() => fixture.stop());

  it.each(['/health', '/health/ready', '/health?x=1'])(
    '%s is the sidecar’s own on both ports',
    async (path) => {
      for (const url of [fixture.url, fixture.opsUrl]) {
        const answer = await fetch(url + path);
        expect(answer.status).toBe(200);
        expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
        expect(await answer.json()).toMatchObject({ status: 'ok' });
        const head = await fetch(url + path, { method: 'HEAD' });
        expect([head.status, await head.text()]).toEqual([200, '']);
      }
    },
  );

  it('carries the id of its request, and leaves an access line', async () => {
    fixture.log.lines.length = 0;
    const answer = await fetch(`${fixture.url}/health`, { headers: { 'x-request-id': 'probe' } });
    expect(answer.headers.get('x-request-id')).toBe('probe');
    await answer.text();
    await until(() => fixture.log.requests.length === 1);
    expect(fixture.log.requests[0]).toMatchObject({ path: '/health', requestId: 'probe' });
  });

  it('of other methods and spellings is the decoder’s affair', async () => {
    for (const [method, path] of [
      ['POST', '/health'],
      ['GET', '/health/'],
      ['GET', '/healthz'],
      ['GET', '/Health'],
    ]) {
      const answer = await rawExchange(fixture.sidecar.port, requestBytes(`${method} ${path}`));
      expect([path, answer.status]).toEqual([path, path === '/health' ? 200 : 418]);
      expect([fixture.decoder.last.method, fixture.decoder.last.url]).toEqual([method, path]);
    }
  });

  it('leaves /metrics of the data port to the model server', async () => {
    expect(await (await fetch(`${fixture.url}/metrics`)).text()).toBe(
      'vllm:num_requests_running 3\n',
    );
  });

  it('has no proxy behind the metrics port', async () => {
    const before = fixture.decoder.requests.length;
    const { port } = new URL(fixture.opsUrl);
    const lines = [`x-prefiller-host-port: ${fixture.prefiller.hostPort}`];
    for (const line of [
      'GET /v1/models',
      'POST /v1/completions',
      'POST /metrics',
      'GET /',
      'GET /metrics/',
      'GET //metrics',
      'GET /%6detrics',
      'OPTIONS *',
    ]) {
      const answer = await rawExchange(Number(port), requestBytes(line, lines, '{}'));
      expect([line, answer.status]).toEqual([line, 404]);
    }
    const upgrade = requestBytes('GET /v1/x', ['Connection: Upgrade', 'Upgrade: websocket']);
    await expect(rawExchange(Number(port), upgrade)).rejects.toThrow();
    expect(fixture.decoder.requests).toHaveLength(before);
    expect(fixture.prefiller.requests).toHaveLength(0);
  });

  it('carries no x-powered-by and is not to be cached', async () => {
    const answer = await fetch(`${fixture.opsUrl}/health`);
    expect(answer.headers.get('x-powered-by')).toBeNull();
    expect(answer.headers.get('etag')).toBeNull();
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });
});

describe('readiness', () => {
  it.each([
    ['is not there', undefined],
    ['answers 500', 500],
  ])('is 503, and liveness 200, while the decoder %s', async (_, status) => {
    const modelServerPort = status === undefined ? { modelServerPort: await freePort() } : {};
    const fixture = await startFixture({ metricsPort: await freePort(), ...modelServerPort });
    try {
      if (status !== undefined) fixture.decoder.behaviour = json('x', status);
      for (const url of [fixture.url, fixture.opsUrl]) {
        const answer = await fetch(`${url}/health/ready`);
        expect(answer.status).toBe(503);
        expect(JSON.stringify(await answer.json())).not.toMatch(/127\.0\.0\.1|::1|:\d{4}/);
        expect((await fetch(`${url}/health`)).status).toBe(200);
      }
    } finally {
      await fixture.stop();
    }
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { FakeEngine, json, KV_PARAMS } from '../../support/fake-engine.js';
import { freePort } from '../../support/free-port.js';
import { readMetrics } from '../../support/metric-reader.js';
import { errorOf, postPrefilled } from '../../support/prefill-request.js';
import { RawClient, requestBytes, until } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const GOOD = json({ kv_transfer_params: KV_PARAMS });
const BAD = json({ error: 'x' }, 500);

describe('the circuit breaker of a prefiller', () => {
  let fixture: SidecarFixture;
  afterEach(() => fixture.stop());

  const start = async (config: Parameters<typeof startFixture>[0] = {}): Promise<void> => {
    fixture = await startFixture({
      prefillMaxRetries: 0,
      metricsPort: await freePort(),
      breakerThreshold: 3,
      ...config,
    });
  };
  const ask = async (headers = {}): Promise<number> =>
    (await postPrefilled(fixture, '{}', { headers })).status;
  const fail = async (times: number): Promise<void> => {
    fixture.prefiller.behaviour = BAD;
    for (let i = 0; i < times; i++) expect(await ask()).toBe(502);
  };
  const states = async (): Promise<(number | undefined)[]> => {
    const metrics = await readMetrics(fixture.opsUrl);
    return ['closed', 'open', 'half_open'].map((state) =>
      metrics.get(`sidecar_circuit_breaker_state{state="${state}"}`),
    );
  };

  it('opens after failures in a row: then nobody is asked and the client is told when to come back', async () => {
    await start();
    await fail(3);
    const refused = await postPrefilled(fixture, 'this body is not even read');
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
    expect(await errorOf(refused)).toMatchObject({ type: 'ServiceUnavailableError', code: 503 });
    expect(fixture.prefiller.requests).toHaveLength(3);
    expect(fixture.decoder.requests).toHaveLength(0);
    expect(await states()).toEqual([0, 1, 0]);
    const metrics = await readMetrics(fixture.opsUrl);
    expect(metrics.get('sidecar_errors_total{type="breaker"}')).toBe(1);
    expect(fixture.log.requests.at(-1)).toMatchObject({ status: 503, error: 'breaker_open' });
    expect(fixture.log.lines.map(({ message }) => message)).toContain('breaker: open');
  });

  it('lets one request try after the cool-down, and closes when that succeeds', async () => {
    await start({ breakerCooldown: 50 });
    await fail(3);
    await sleep(60);
    expect(await states()).toEqual([0, 0, 1]);
    let finish: () => void = () => undefined;
    fixture.prefiller.behaviour = async (response, request) => {
      await new Promise<void>((resolve) => (finish = resolve));
      await GOOD(response, request);
    };
    const probe = ask();
    await fixture.prefiller.received(4);
    expect(await ask()).toBe(503);
    finish();
    expect(await probe).toBe(200);
    fixture.prefiller.behaviour = GOOD;
    expect(await ask()).toBe(200);
    expect(await states()).toEqual([1, 0, 0]);
  });

  it('stays open for another cool-down when the try fails', async () => {
    await start({ breakerCooldown: 200 });
    await fail(3);
    await sleep(210);
    expect(await ask()).toBe(502);
    expect(await ask()).toBe(503);
    expect(fixture.prefiller.requests).toHaveLength(4);
  });

  it('lets another request try when the client of the first one leaves', async () => {
    await start({ breakerCooldown: 20 });
    await fail(3);
    await sleep(30);
    fixture.prefiller.behaviour = () => undefined;
    const client = await RawClient.connect(fixture.sidecar.port);
    client.write(
      requestBytes(
        'POST /v1/completions',
        [`x-prefiller-host-port: ${fixture.prefiller.hostPort}`],
        '{}',
      ),
    );
    await fixture.prefiller.received(4);
    client.destroy();
    await fixture.prefiller.last.aborted;
    await until(() => fixture.log.requests.length === 4);
    fixture.prefiller.behaviour = GOOD;
    expect(await ask()).toBe(200);
  });

  it('does not count what is the fault of the client, or back-pressure', async () => {
    await start();
    for (const behaviour of [
      json('no', 400),
      json('no', 404),
      json('slow down', 429),
      ((response) => {
        response.writeHead(503, { 'retry-after': '1' }).end();
      }) satisfies FakeEngine['behaviour'],
    ]) {
      fixture.prefiller.behaviour = behaviour;
      for (let i = 0; i < 4; i++) await ask();
    }
    fixture.prefiller.behaviour = GOOD;
    expect(await ask()).toBe(200);
  });

  it('does not matter to requests that name another prefiller, or one more', async () => {
    await start();
    const other = await FakeEngine.start(GOOD);
    await fail(3);
    expect(await ask({ 'x-prefiller-host-port': other.hostPort })).toBe(200);
    const both = `${fixture.prefiller.hostPort}, ${other.hostPort}`;
    expect(await ask({ 'x-prefiller-host-port': both })).toBe(200);
    expect(other.requests).toHaveLength(2);
    expect(fixture.prefiller.requests).toHaveLength(3);
    await other.stop();
  });

  it('is off with a threshold of 0', async () => {
    await start({ breakerThreshold: 0 });
    await fail(10);
    expect(await states()).toEqual([0, 0, 0]);
  });

  it('opens within the retries of a request, which then wait for nothing', async () => {
    await start({ prefillMaxRetries: 10, retryBackoff: 1, breakerThreshold: 2 });
    fixture.prefiller.behaviour = BAD;
    expect(await ask()).toBe(502);
    expect(fixture.prefiller.requests).toHaveLength(2);
  });
});

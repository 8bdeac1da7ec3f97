import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { json, KV_PARAMS } from '../../support/fake-engine.js';
import { freePort } from '../../support/free-port.js';
import { readMetrics } from '../../support/metric-reader.js';
import { postPrefilled } from '../../support/prefill-request.js';
import { rawExchange, requestBytes, until } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const PATH = '/v1/chat/completions';

describe('metrics', () => {
  let fixture: SidecarFixture;
  beforeEach(async () => {
    fixture = await startFixture({ metricsPort: await freePort(), retryBackoff: 1 });
  });
  afterEach(() => fixture.stop());

  /** The page, when that many requests are over. */
  async function after(requests: number): Promise<ReadonlyMap<string, number>> {
    await until(() => fixture.log.requests.length >= requests);
    return readMetrics(fixture.opsUrl);
  }

  it('exist from the start', async () => {
    const metrics = await readMetrics(fixture.opsUrl);
    for (const name of [
      'sidecar_in_flight_requests',
      'sidecar_retries_total',
      'ssrf_blocked_total',
      'sidecar_prefill_without_kv_params_total',
      'sidecar_errors_total{type="network"}',
      'sidecar_errors_total{type="timeout"}',
      'sidecar_errors_total{type="http"}',
      'sidecar_errors_total{type="tls"}',
      'sidecar_circuit_breaker_state{state="closed"}',
      'sidecar_circuit_breaker_state{state="open"}',
      'sidecar_circuit_breaker_state{state="half_open"}',
      'sidecar_request_duration_seconds_count',
      'sidecar_ttft_seconds_count',
      'sidecar_prefill_duration_seconds_count',
      'sidecar_decode_duration_seconds_count',
    ]) {
      expect([name, metrics.get(name)]).toEqual([name, 0]);
    }
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_seconds',
    ]) {
      expect([name, metrics.has(name)]).toEqual([name, true]);
    }
    const [first, ...rest] = [...metrics.keys()].filter((key) =>
      key.startsWith('sidecar_request_duration_seconds_bucket'),
    );
    expect(first).toContain('le="0.005"');
    expect(rest.at(-2)).toContain('le="3600"');
    expect([...metrics.keys()].some((key) => key.startsWith('sidecar_requests_total'))).toBe(true);
  });

  it('are a page that Prometheus reads', async () => {
    const answer = await fetch(`${fixture.opsUrl}/metrics`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const head = await fetch(`${fixture.opsUrl}/metrics`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('count requests by route and status', async () => {
    await postPrefilled(fixture, '{}');
    await postPrefilled(fixture, '[]');
    await postPrefilled(fixture, '{}', {
      path: '/v1/responses',
      headers: { 'x-prefiller-host-port': '' },
    });
    await fetch(`${fixture.url}/v1/models`);
    await fetch(`${fixture.url}/some/other?x`);
    await rawExchange(fixture.sidecar.port, requestBytes('GET /x', ['Host: a, b']));
    const metrics = await after(6);
    expect(metrics.get(`sidecar_requests_total{path="${PATH}",status="200"}`)).toBe(1);
    expect(metrics.get(`sidecar_requests_total{path="${PATH}",status="400"}`)).toBe(1);
    expect(metrics.get('sidecar_requests_total{path="/v1/responses",status="200"}')).toBe(1);
    expect(metrics.get('sidecar_requests_total{path="other",status="200"}')).toBe(2);
    expect(metrics.get('sidecar_requests_total{path="other",status="400"}')).toBe(1);
    expect(metrics.get('sidecar_request_duration_seconds_count')).toBe(6);
    expect(metrics.get('sidecar_prefill_duration_seconds_count')).toBe(1);
    expect(metrics.get('sidecar_decode_duration_seconds_count')).toBe(2);
    expect(metrics.get('sidecar_ttft_seconds_count')).toBe(2);
    expect(metrics.get('sidecar_in_flight_requests')).toBe(0);
  });

  it('count one error for each failed request of its kind', async () => {
    fixture.prefiller.behaviour = json('x', 500);
    await postPrefilled(fixture, '{}');
    fixture.prefiller.behaviour = json({ kv_transfer_params: KV_PARAMS });
    fixture.decoder.behaviour = json('x', 503);
    await postPrefilled(fixture, '{}');
    fixture.decoder.behaviour = (response) => void response.socket?.resetAndDestroy();
    await postPrefilled(fixture, '{}');
    const metrics = await after(3);
    expect(metrics.get('sidecar_errors_total{type="http"}')).toBeGreaterThanOrEqual(2);
    expect(metrics.get('sidecar_errors_total{type="network"}')).toBe(1);
    expect(metrics.get('sidecar_errors_total{type="internal"}')).toBe(0);
    expect(metrics.get('sidecar_retries_total')).toBe(3);
  });

  it('show what is in flight, and nothing once it is over', async () => {
    fixture.decoder.behaviour = () => undefined;
    const stop = new AbortController();
    const requests = Array.from({ length: 5 }, () =>
      fetch(`${fixture.url}/v1/x`, { signal: stop.signal }).catch(() => undefined),
    );
    await fixture.decoder.received(5);
    expect((await readMetrics(fixture.opsUrl)).get('sidecar_in_flight_requests')).toBe(5);
    stop.abort();
    await Promise.all(requests);
    expect((await after(5)).get('sidecar_in_flight_requests')).toBe(0);
  });

  it('do not grow with what clients make up', async () => {
    for (let i = 0; i < 20; i++) {
      await rawExchange(
        fixture.sidecar.port,
        requestBytes(`X${'ABCDEFGHIJKLMNOPQRST'[i]} /made/up/${i}`),
      ).catch(() => undefined);
      await fetch(`${fixture.url}/made/up/${i}?id=${i}`);
    }
    const metrics = await readMetrics(fixture.opsUrl);
    const labelled = [...metrics.keys()].filter((key) => key.startsWith('sidecar_requests_total'));
    expect(labelled.length).toBeLessThan(15);
    expect(labelled.join()).not.toContain('made');
  });
});

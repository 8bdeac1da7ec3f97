import { describe, expect, it } from '@jest/globals';
import { SIDECAR_METRICS, type MetricRow } from './metric-table.js';
import { SidecarMetrics } from './sidecar.metrics.js';

const ROUTES = ['/v1/chat/completions', '/v1/completions'];

async function samples(sut: SidecarMetrics): Promise<ReadonlyMap<string, number>> {
  const lines = (await sut.registry.metrics()).split('\n');
  const values = lines.filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    values.map((line) => {
      const blank = line.lastIndexOf(' ');
      return [line.slice(0, blank), Number(line.slice(blank + 1))];
    }),
  );
}

describe(SidecarMetrics.name, () => {
  it('exposes every metric of the table, under its type, from the start', async () => {
    const text = await new SidecarMetrics(ROUTES).registry.metrics();
    const rows: [string, MetricRow][] = Object.entries(SIDECAR_METRICS);
    for (const [name, row] of rows) {
      expect(text).toContain(`# HELP ${name} ${row.help}\n# TYPE ${name} ${row.type}\n`);
    }
  });

  it('starts every series at 0', async () => {
    const values = await samples(new SidecarMetrics(ROUTES));
    expect([...values].filter(([, value]) => value !== 0)).toEqual([['sidecar_workers', 1]]);
    expect([...values.keys()]).toEqual(
      expect.arrayContaining([
        'sidecar_requests_total{path="/v1/chat/completions",status="200"}',
        'sidecar_requests_total{path="other",status="200"}',
        'sidecar_request_duration_seconds_count',
        'sidecar_request_duration_seconds_bucket{le="0.005"}',
        'sidecar_request_duration_seconds_bucket{le="3600"}',
        'sidecar_ttft_seconds_count',
        'sidecar_prefill_duration_seconds_count',
        'sidecar_decode_duration_seconds_count',
        'sidecar_errors_total{type="network"}',
        'sidecar_errors_total{type="timeout"}',
        'sidecar_errors_total{type="http"}',
        'sidecar_errors_total{type="tls"}',
        'sidecar_retries_total',
        'sidecar_circuit_breaker_state{state="closed"}',
        'sidecar_circuit_breaker_state{state="open"}',
        'sidecar_circuit_breaker_state{state="half_open"}',
        'ssrf_blocked_total',
        'sidecar_in_flight_requests',
        'sidecar_prefill_without_kv_params_total',
      ]),
    );
  });

  it('counts a request by route and status, and times it', async () => {
    const sut = new SidecarMetrics(ROUTES);
    sut.requestStarted();
    sut.requestStarted();
    sut.firstByte(0.02);
    sut.prefillFinished(0.011);
    sut.decodeFinished(1.5);
    sut.requestFinished('/v1/completions', 200, 1.6);
    const values = await samples(sut);
    expect(Object.fromEntries(values)).toMatchObject({
      'sidecar_requests_total{path="/v1/completions",status="200"}': 1,
      sidecar_in_flight_requests: 1,
      sidecar_request_duration_seconds_sum: 1.6,
      'sidecar_request_duration_seconds_bucket{le="1"}': 0,
      'sidecar_request_duration_seconds_bucket{le="2.5"}': 1,
      sidecar_ttft_seconds_count: 1,
      'sidecar_prefill_duration_seconds_bucket{le="0.01"}': 0,
      'sidecar_prefill_duration_seconds_bucket{le="0.025"}': 1,
      sidecar_decode_duration_seconds_sum: 1.5,
    });
  });

  it('counts every other event', async () => {
    const sut = new SidecarMetrics(ROUTES);
    sut.error('tls');
    sut.retried();
    sut.fellBack();
    sut.blocked();
    sut.prefillWithoutKvParams();
    sut.ignoredPrefillHeader();
    sut.clientGone();
    sut.dnsReresolved();
    sut.dnsAddressChanged();
    sut.dnsLookupFailed();
    expect(Object.fromEntries(await samples(sut))).toMatchObject({
      'sidecar_errors_total{type="tls"}': 1,
      sidecar_retries_total: 1,
      sidecar_prefill_fallbacks_total: 1,
      ssrf_blocked_total: 1,
      sidecar_prefill_without_kv_params_total: 1,
      sidecar_ignored_prefill_header_total: 1,
      sidecar_client_gone_total: 1,
      moriio_dns_reresolve_total: 1,
      moriio_dns_ip_changed_total: 1,
      moriio_dns_lookup_failures_total: 1,
    });
  });

  it('asks for what changes by itself when it is read', async () => {
    const sut = new SidecarMetrics(ROUTES);
    expect(Object.fromEntries(await samples(sut))).toMatchObject({
      'sidecar_circuit_breaker_state{state="half_open"}': 0,
      sidecar_allowlist_age_seconds: 0,
      sidecar_allowlist_addresses: 0,
    });
    sut.observed.breakers = () => ({ closed: 1, open: 2, half_open: 3 });
    sut.observed.allowlist = () => ({ ageMs: 1500, size: 7 });
    expect(Object.fromEntries(await samples(sut))).toMatchObject({
      'sidecar_circuit_breaker_state{state="closed"}': 1,
      'sidecar_circuit_breaker_state{state="open"}': 2,
      'sidecar_circuit_breaker_state{state="half_open"}': 3,
      sidecar_allowlist_age_seconds: 1.5,
      sidecar_allowlist_addresses: 7,
    });
  });

  it('stays small whatever paths and statuses clients and engines send', async () => {
    const sut = new SidecarMetrics(ROUTES);
    const before = (await samples(sut)).size;
    for (let index = 0; index < 2000; index++) sut.requestFinished(`/x/${index}`, index, 0);
    const values = await samples(sut);
    expect(values.size - before).toBeLessThanOrEqual(500);
    expect([...values.keys()].filter((name) => name.includes('/x/'))).toEqual([]);
  });

  it('shares nothing with another instance in the process', async () => {
    const [one, other] = [new SidecarMetrics(ROUTES), new SidecarMetrics(ROUTES)];
    one.retried();
    expect((await samples(other)).get('sidecar_retries_total')).toBe(0);
  });
});

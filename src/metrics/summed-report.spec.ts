import { describe, expect, it } from '@jest/globals';
import { dumpMetrics, type MetricsDump } from './metrics-dump.js';
import { SidecarMetrics } from './sidecar.metrics.js';
import { SummedReport } from './summed-report.js';

const PATH = '/v1/completions';
const REQUESTS = `sidecar_requests_total{path="${PATH}",status="200"}`;

class Worker {
  readonly metrics = new SidecarMetrics([PATH]);
  answers = true;

  constructor(readonly id: number) {}

  ask = (): Promise<MetricsDump> =>
    this.answers ? this.dump() : new Promise<MetricsDump>(() => undefined);

  async dump(): Promise<MetricsDump> {
    const dump = await dumpMetrics(this.metrics.registry);
    return JSON.parse(JSON.stringify(dump)) as MetricsDump;
  }

  serve(times: number): void {
    for (let i = 0; i < times; i++) {
      this.metrics.requestStarted();
      this.metrics.requestFinished(PATH, 200, 0.02);
    }
  }
}

function fleet(count: number) {
  const workers = new Map(Array.from({ length: count }, (_, id) => [id, new Worker(id)]));
  const own = new SidecarMetrics([PATH]);
  const report = new SummedReport(own.registry, () => [...workers.values()]);
  const read = async (name: string): Promise<number | undefined> => {
    const line = (await report.text()).split('\n').find((one) => one.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length + 1));
  };
  return { workers, own, report, read };
}

describe(SummedReport.name, () => {
  it('adds counters, histograms and gauges of all', async () => {
    const { workers, read } = fleet(3);
    for (const [id, worker] of workers) worker.serve(id + 1);
    workers.get(0)!.metrics.requestStarted();
    expect(await read(REQUESTS)).toBe(6);
    expect(await read('sidecar_request_duration_seconds_bucket{le="0.025"}')).toBe(6);
    expect(await read('sidecar_request_duration_seconds_count')).toBe(6);
    expect(await read('sidecar_in_flight_requests')).toBe(1);
  });

  it('asks this process alone for what it alone knows', async () => {
    const { own, workers, read } = fleet(2);
    own.observed.breakers = () => ({ closed: 0, open: 2, half_open: 0 });
    own.observed.workers = () => 2;
    for (const { metrics } of workers.values()) {
      metrics.observed.breakers = () => ({ closed: 5, open: 5, half_open: 5 });
      metrics.observed.allowlist = () => ({ ageMs: 1, size: 9 });
    }
    expect(await read('sidecar_circuit_breaker_state{state="open"}')).toBe(2);
    expect(await read('sidecar_allowlist_addresses')).toBe(0);
    expect(await read('sidecar_workers')).toBe(2);
  });

  it('never goes back when a worker ends, and forgets what it had in flight', async () => {
    const { workers, report, read } = fleet(2);
    for (const worker of workers.values()) worker.serve(5);
    workers.get(1)!.metrics.requestStarted();
    expect(await read(REQUESTS)).toBe(10);
    workers.delete(1);
    report.ended(1);
    expect(await read(REQUESTS)).toBe(10);
    expect(await read('sidecar_in_flight_requests')).toBe(0);
  });

  it('counts what a worker told before it ended, without having been asked', async () => {
    const { workers, report, read } = fleet(1);
    workers.get(0)!.serve(3);
    report.told(0, await workers.get(0)!.dump());
    workers.clear();
    report.ended(0);
    expect(await read(REQUESTS)).toBe(3);
  });

  it('keeps counting over many that end', async () => {
    const { workers, report, read } = fleet(0);
    for (let id = 0; id < 100; id++) {
      const worker = new Worker(id);
      worker.serve(1);
      report.told(id, await worker.dump());
      report.ended(id);
      await new Promise(setImmediate);
    }
    expect(workers.size).toBe(0);
    expect(await read(REQUESTS)).toBe(100);
    expect(await read('sidecar_request_duration_seconds_count')).toBe(100);
  });

  it('reports one that does not answer as it last was', async () => {
    const { workers, report, read } = fleet(2);
    for (const worker of workers.values()) worker.serve(2);
    expect(await read(REQUESTS)).toBe(4);
    workers.get(0)!.answers = false;
    workers.get(1)!.serve(1);
    expect(await read(REQUESTS)).toBe(5);
    expect(report.contentType).toContain('text/plain');
  });
});

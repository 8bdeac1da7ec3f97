import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeApiServer } from '../../../support/fake-apiserver.js';
import type { ClosedLoopJob, ClosedLoopResult } from '../../load/closed-loop.js';
import { median } from '../../report/statistics.js';
import { monotonicMs, pause } from '../../wire/clock.js';
import { disaggregationProblems, failureProblems } from '../../workloads/verify.js';
import { configureEngines, cpuUs, type Measurement, readCounts } from '../../workloads/workload.js';
import type { Curve, GrowthCell, Setting } from '../curve.js';
import { Admissions } from './admissions.js';

const CLIENTS = 32;
const SETTLE_MS = 1000;
const EVENTS = 30;
const EVENT_EVERY_MS = 40;
const ADMISSIONS = 10;
/** The pod that has the address of the prefill engine. */
const ENGINE_POD = 'engine';

/** Pods in the allowlist of SSRF protection. */
export const ALLOWLIST: Curve = {
  name: 'allowlist',
  title: 'More pods in the allowlist',
  axis: 'pods',
  sizes: [10, 100, 1000, 10_000],
  quickSizes: [10, 1000],
  needsArguments: true,
  figures: [
    { key: 'cpu', label: 'CPU a request', unit: 'µs', judged: 'each' },
    { key: 'memory', label: 'memory (RSS)', unit: 'MiB', judged: 'whole' },
    { key: 'event', label: 'CPU of one pod event', unit: 'ms', judged: 'whole' },
    { key: 'delay', label: 'from event to first request let through', unit: 'ms', judged: 'whole' },
  ],
  prepare: (size) => Cluster.start(size),
  measure: measureAllowlist,
};

/** An API server with a pool of many pods. */
class Cluster implements Setting {
  readonly flags: readonly string[];
  readonly places: Readonly<Record<string, string>>;
  readonly api: FakeApiServer;
  private readonly folder: string;

  private constructor(api: FakeApiServer, folder: string, kubeconfig: string) {
    this.api = api;
    this.folder = folder;
    const pool = '--inference-pool=demo/pool';
    this.flags = ['--enable-ssrf-protection', pool, `--kubeconfig=${kubeconfig}`];
    this.places = { '{kubeconfig}': kubeconfig };
  }

  static async start(pods: number): Promise<Cluster> {
    const api = await FakeApiServer.start();
    // client-go sends no token in plain HTTP.
    api.tokens.clear();
    api.createPool();
    api.createPod({ name: ENGINE_POD, ip: '127.0.0.1' });
    for (let i = 1; i < pods; i++) api.createPod({ name: podName(i), ip: address(i, 0) });
    const folder = await mkdtemp(join(tmpdir(), 'tandem-growth-'));
    return new Cluster(api, folder, await api.writeKubeconfig(folder));
  }

  async close(): Promise<void> {
    await this.api.stop();
    await rm(this.folder, { recursive: true });
  }
}

async function measureAllowlist(cell: GrowthCell): Promise<Measurement> {
  const { api } = cell.setting as Cluster;
  const { target } = cell.running;
  const admissions = new Admissions(target);
  try {
    await admissions.until(200);
    const { seconds } = cell.scale;
    const job: ClosedLoopJob = { target, kind: 'disaggregated', clients: CLIENTS, seconds };
    await configureEngines(cell, {});
    await cell.load.call('closedLoop', { ...job, seconds: 1 });
    await pause(SETTLE_MS);
    const memory = (cell.running.usage()?.rssBytes ?? Number.NaN) / 2 ** 20;
    await configureEngines(cell, {});
    const before = cpuUs(cell);
    const result = await cell.load.call<ClosedLoopResult>('closedLoop', job);
    const cpu = (cpuUs(cell) - before) / result.completed;
    const problems = disaggregationProblems(await readCounts(cell), result.completed);
    problems.push(...failureProblems(result.failures));
    // A peer without an allowlist asks for no pods.
    if (api.openWatches === 0) return { values: { cpu, memory }, problems };
    await pause(SETTLE_MS);
    const event = await cpuOfEvent(cell, api);
    const delay = await delayOfEvent(api, admissions);
    return { values: { cpu, memory, event, delay }, problems };
  } finally {
    admissions.close();
  }
}

/** CPU milliseconds of one pod's change of address, less what the process uses by itself. */
async function cpuOfEvent(cell: GrowthCell, api: FakeApiServer): Promise<number> {
  const start = cpuUs(cell);
  await pause(EVENTS * EVENT_EVERY_MS);
  const idle = cpuUs(cell) - start;
  for (let i = 1; i <= EVENTS; i++) {
    api.updatePod(podName(1 + (i % 9)), { ip: address(1 + (i % 9), i) });
    await pause(EVENT_EVERY_MS);
  }
  return (cpuUs(cell) - start - 2 * idle) / 1000 / EVENTS;
}

/** Milliseconds from the change at the API server to the first request that is let through. */
async function delayOfEvent(api: FakeApiServer, admissions: Admissions): Promise<number> {
  const delays: number[] = [];
  for (let i = 0; i < ADMISSIONS; i++) {
    api.deletePod(ENGINE_POD);
    await admissions.until(403);
    await pause(EVENT_EVERY_MS);
    const changed = monotonicMs();
    api.createPod({ name: ENGINE_POD, ip: '127.0.0.1' });
    await admissions.until(200);
    delays.push(monotonicMs() - changed);
  }
  return median(delays);
}

function podName(i: number): string {
  return `vllm-${String(i).padStart(5, '0')}`;
}

function address(i: number, generation: number): string {
  return `10.${generation}.${i >> 8}.${i & 255}`;
}

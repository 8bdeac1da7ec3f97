import type { ClosedLoopJob, ClosedLoopResult } from '../../load/closed-loop.js';
import type { Worker } from '../../wire/worker.js';
import { disaggregationProblems, failureProblems } from '../../workloads/verify.js';
import { configureEngines, cpuUs, type Measurement, readCounts } from '../../workloads/workload.js';
import { type Curve, type GrowthCell, plainSetting } from '../curve.js';

const CLIENTS = 32;

/** Prefillers that requests name in turn. */
export const PREFILLERS: Curve = {
  name: 'prefillers',
  title: 'More prefillers, named in turn',
  axis: 'prefillers',
  sizes: [1, 4, 16, 64, 256],
  quickSizes: [1, 16, 256],
  needsArguments: false,
  figures: [
    { key: 'cpu', label: 'CPU a request', unit: 'µs', judged: 'each' },
    { key: 'latency', label: 'added latency, one client', unit: 'µs', judged: 'each', added: true },
    { key: 'kept', label: 'connections to prefillers, kept', unit: '' },
  ],
  prepare: () => plainSetting(),
  measure: measurePrefillers,
};

const listening = new WeakMap<Worker, Promise<number[]>>();

/** The first `count` prefill engines of many that listen. */
async function prefillEngines(engine: Worker, count: number): Promise<number[]> {
  const known = listening.get(engine) ?? engine.call<number[]>('addPrefillers', 256);
  listening.set(engine, known);
  return (await known).slice(0, count);
}

async function measurePrefillers(cell: GrowthCell, count: number): Promise<Measurement> {
  const { target } = cell.running;
  const prefillers = await prefillEngines(cell.engine, count);
  const { seconds } = cell.scale;
  const job: ClosedLoopJob = {
    target,
    kind: 'disaggregated',
    clients: CLIENTS,
    seconds,
    prefillers,
  };
  await configureEngines(cell, {});
  await cell.load.call('closedLoop', { ...job, seconds: Math.max(1, seconds / 2) });
  await configureEngines(cell, {});
  const before = cpuUs(cell);
  const many = await cell.load.call<ClosedLoopResult>('closedLoop', job);
  const cpu = cpuUs(cell) - before;
  const problems = disaggregationProblems(await readCounts(cell), many.completed);
  const kept = await cell.engine.call<number>('prefillConnections');
  const alone = { ...job, clients: 1, seconds: Math.max(1, seconds / 2) };
  const one = await cell.load.call<ClosedLoopResult>('closedLoop', alone);
  problems.push(...failureProblems(many.failures), ...failureProblems(one.failures));
  return {
    values: { cpu: cpu / many.completed, latency: one.p50Ms * 1000, kept },
    problems,
  };
}

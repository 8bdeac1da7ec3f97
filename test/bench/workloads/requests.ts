import type { ClosedLoopJob, ClosedLoopResult } from '../load/closed-loop.js';
import {
  type Cell,
  configureEngines,
  cpuUs,
  type Measurement,
  type Metric,
  readCounts,
  type Workload,
} from './workload.js';
import { failureProblems, legProblems } from './verify.js';

const CLIENTS = 32;
const METRICS: Metric[] = [
  { key: 'cpu', label: 'CPU a request', unit: 'µs' },
  { key: 'rate', label: 'requests a second', unit: '/s' },
  { key: 'p99', label: 'latency p99', unit: 'ms' },
];

/** Short chat requests through both engines, as fast as a fixed number of clients can. */
export const SHORT: Workload = {
  name: 'short',
  title: `short P/D requests, ${CLIENTS} clients`,
  metrics: METRICS,
  run: (cell) => runRequests(cell, 'disaggregated', CLIENTS),
};

/** Small POST requests that go straight to the decoder. */
export const PASS_THROUGH: Workload = {
  name: 'pass',
  title: `pass-through requests, ${CLIENTS} clients`,
  metrics: METRICS,
  run: (cell) => runRequests(cell, 'pass-through', CLIENTS),
};

/** Short chat requests that one engine answers, from so many clients. */
export function routedRequests(clients: number): Workload {
  return {
    name: `json-${clients}`,
    title: `short requests, ${clients} ${clients === 1 ? 'client' : 'clients'}`,
    metrics: METRICS,
    run: (cell) => runRequests(cell, 'disaggregated', clients),
  };
}

async function runRequests(
  cell: Cell,
  kind: ClosedLoopJob['kind'],
  clients: number,
): Promise<Measurement> {
  const target = cell.running.target;
  const job: ClosedLoopJob = { target, kind, clients, seconds: cell.scale.seconds };
  await configureEngines(cell, {});
  const warm = { ...job, seconds: Math.min(1, job.seconds / 2) };
  await cell.load.call<ClosedLoopResult>('closedLoop', warm);
  await configureEngines(cell, {});
  const before = cpuUs(cell);
  const result = await cell.load.call<ClosedLoopResult>('closedLoop', job);
  const cpu = cpuUs(cell) - before;
  const counts = await readCounts(cell);
  const problems = failureProblems(result.failures);
  if (kind === 'disaggregated') problems.push(...legProblems(target, counts, result.completed));
  else if (counts.passed !== result.completed)
    problems.push(`${counts.passed} decodes for ${result.completed} requests`);
  if (result.completed === 0) return { values: {}, problems };
  return {
    values: {
      cpu: cpu / result.completed,
      rate: result.completed / result.seconds,
      p99: result.p99Ms,
    },
    problems,
  };
}

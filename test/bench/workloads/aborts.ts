import type { Closures } from '../engine/behaviour.js';
import type { AbortJob, Departures } from '../load/aborts.js';
import { percentile } from '../report/statistics.js';
import { pause } from '../wire/clock.js';
import { type Cell, configureEngines, type Measurement, type Workload } from './workload.js';

const TIMES = 100;
/** How long the engine may take to see that the last client has left. */
const GRACE_MS = 1000;

/** How soon the engine sees that the client has left, in the given phase of the request. */
export function aborts(phase: AbortJob['phase']): Workload {
  return {
    name: `abort-${phase}`,
    title: phase === 'stream' ? 'client leaves mid-stream' : 'client leaves during prefill',
    metrics: [
      { key: 'p50', label: 'engine sees it, p50', unit: 'ms' },
      { key: 'p99', label: 'engine sees it, p99', unit: 'ms' },
    ],
    run: (cell) => runAborts(cell, phase),
  };
}

async function runAborts(cell: Cell, phase: AbortJob['phase']): Promise<Measurement> {
  const times = Math.max(10, Math.round(TIMES * cell.scale.share));
  const job: AbortJob = { target: cell.running.target, phase, times };
  const hangPrefill = phase === 'prefill';
  await configureEngines(cell, { tokens: 1e9, rate: 30, hangPrefill, markers: true });
  const left = await cell.load.call<Departures>('aborts', job);
  let closed = await cell.engine.call<Closures>('closed');
  for (let waited = 0; waited < GRACE_MS && openOnes(closed) > 0; waited += 100) {
    await pause(100);
    closed = await cell.engine.call<Closures>('closed');
  }
  const delays = Object.entries(left)
    .flatMap(([marker, at]) => (closed[marker] ? [closed[marker] - at] : []))
    .sort((a, b) => a - b);
  const unseen = openOnes(closed);
  const arrived = Object.keys(closed).length;
  return {
    values: { p50: percentile(delays, 0.5), p99: percentile(delays, 0.99) },
    problems: unseen > 0 ? [`${unseen} of ${arrived} never seen`] : [],
  };
}

/** Requests that reached an engine and whose connection is open still. */
function openOnes(closed: Closures): number {
  return Object.values(closed).filter((at) => at === 0).length;
}

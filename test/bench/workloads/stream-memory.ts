import type { ClosedLoopJob } from '../load/closed-loop.js';
import { PeerProcess } from '../peers/peer-process.js';
import { pause } from '../wire/clock.js';
import { type Cell, configureEngines, type Measurement, type Workload } from './workload.js';

const STREAMS = 1000;
const SETTLE_MS = 1000;

/** What one open stream costs in memory: a fresh process, warmed up, then streams that wait. */
export const STREAM_MEMORY: Workload = {
  name: 'memory',
  title: `${STREAMS} open streams`,
  metrics: [{ key: 'memory', label: 'memory a stream (RSS)', unit: 'KiB' }],
  run: runMemory,
};

async function runMemory(cell: Cell): Promise<Measurement> {
  const { peer } = cell.running;
  if (!peer.command) return { values: {}, problems: [] };
  const fresh = await PeerProcess.start(peer, cell.engines);
  try {
    const { target } = fresh;
    const warm: ClosedLoopJob = { target, kind: 'disaggregated', clients: 32, seconds: 1 };
    await configureEngines(cell, {});
    await cell.load.call('closedLoop', warm);
    await pause(SETTLE_MS);
    const before = fresh.usage()?.rssBytes ?? Number.NaN;
    await configureEngines(cell, { tokens: 1000, hold: true });
    await cell.load.call('openStreams', { target, count: STREAMS, tokens: 1000 });
    await pause(SETTLE_MS);
    const memory = ((fresh.usage()?.rssBytes ?? Number.NaN) - before) / 1024 / STREAMS;
    await cell.load.call('clearStreams');
    return { values: { memory }, problems: [] };
  } finally {
    await fresh.stop();
  }
}

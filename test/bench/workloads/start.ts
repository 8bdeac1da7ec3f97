import { PeerProcess } from '../peers/peer-process.js';
import { pause } from '../wire/clock.js';
import type { Cell, Measurement, Workload } from './workload.js';

const SETTLE_MS = 1000;

/** A fresh process: time to its first healthy answer, and its memory a second later. */
export const START: Workload = {
  name: 'start',
  title: 'start and idle',
  metrics: [
    { key: 'start', label: 'to first /health', unit: 'ms' },
    { key: 'memory', label: 'idle memory (RSS)', unit: 'MiB' },
  ],
  run: runStart,
};

async function runStart(cell: Cell): Promise<Measurement> {
  const { peer } = cell.running;
  if (!peer.command) return { values: {}, problems: [] };
  const fresh = await PeerProcess.start(peer, cell.engines);
  try {
    await pause(SETTLE_MS);
    const memory = (fresh.usage()?.rssBytes ?? Number.NaN) / 2 ** 20;
    return { values: { start: fresh.startMs, memory }, problems: [] };
  } finally {
    await fresh.stop();
  }
}

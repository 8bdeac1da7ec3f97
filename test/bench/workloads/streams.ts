import type { StreamsResult } from '../load/streams.js';
import { pause } from '../wire/clock.js';
import { failureProblems, legProblems } from './verify.js';
import {
  type Cell,
  configureEngines,
  cpuUs,
  type Measurement,
  readCounts,
  type Workload,
} from './workload.js';

/** Tokens a second and stream of a paced run: a usual decode speed. */
const PACE = 30;

/** `count` streams that get their tokens as fast as the proxy takes them. */
export function flatStreams(count: number, tokensInAll: number): Workload {
  return {
    name: `flat-${count}`,
    title: `${count} streams flat out`,
    metrics: [
      { key: 'cpu', label: 'CPU a chunk', unit: 'µs' },
      { key: 'rate', label: 'chunks a second', unit: '/s' },
    ],
    run: (cell) => runFlat(cell, count, Math.round((tokensInAll / count) * cell.scale.share)),
  };
}

/** `count` streams at {@link PACE} tokens a second each. */
export function pacedStreams(count: number): Workload {
  return {
    name: `paced-${count}`,
    title: `${count} streams at ${PACE} tokens/s`,
    metrics: [
      { key: 'cpu', label: 'CPU a chunk', unit: 'µs' },
      { key: 'gap', label: 'token gap p99 added', unit: 'ms', added: true },
    ],
    run: (cell) => runPaced(cell, count),
  };
}

async function runFlat(cell: Cell, count: number, tokens: number): Promise<Measurement> {
  await configureEngines(cell, { tokens, hold: true });
  await cell.load.call('openStreams', { target: cell.running.target, count, tokens });
  const before = { cpu: cpuUs(cell), tokens: (await readCounts(cell)).tokens, at: Date.now() };
  await cell.engine.call('release');
  await cell.load.call('drainStreams');
  const seconds = (Date.now() - before.at) / 1000;
  const cpu = cpuUs(cell) - before.cpu;
  const counts = await readCounts(cell);
  const seen = await cell.load.call<StreamsResult>('readStreams');
  await cell.load.call('clearStreams');
  const chunks = counts.tokens - before.tokens;
  return {
    values: { cpu: cpu / chunks, rate: chunks / seconds },
    problems: [
      ...failureProblems(seen.failures),
      ...legProblems(cell.running.target, counts, count),
    ],
  };
}

async function runPaced(cell: Cell, count: number): Promise<Measurement> {
  await configureEngines(cell, { tokens: 1e9, rate: PACE });
  await cell.load.call('openStreams', { target: cell.running.target, count, tokens: 1 });
  await pause(500);
  await cell.load.call('markStreams');
  const before = { cpu: cpuUs(cell), tokens: (await readCounts(cell)).tokens };
  await pause(cell.scale.seconds * 1000);
  const cpu = cpuUs(cell) - before.cpu;
  const counts = await readCounts(cell);
  const seen = await cell.load.call<StreamsResult>('readStreams');
  await cell.load.call('clearStreams');
  await pause(100);
  return {
    values: {
      cpu: cpu / (counts.tokens - before.tokens),
      gap: seen.gapP99Ms,
    },
    problems: [
      ...failureProblems(seen.failures),
      ...legProblems(cell.running.target, counts, count),
    ],
  };
}

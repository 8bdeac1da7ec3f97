import type { ClosedLoopJob } from '../../load/closed-loop.js';
import type { StreamsResult } from '../../load/streams.js';
import { pause } from '../../wire/clock.js';
import { disaggregationProblems, failureProblems } from '../../workloads/verify.js';
import { configureEngines, cpuUs, type Measurement, readCounts } from '../../workloads/workload.js';
import { type Curve, type GrowthCell, plainSetting } from '../curve.js';

/** Tokens a second and stream of waiting streams: few, so that thousands leave the machine idle. */
const PACE = 4;
const CHUNKS_IN_ALL = 400_000;
/** With fewer tokens the end of a stream, its log line and metrics, would show in the cost of a chunk. */
const LEAST_TOKENS = 500;
const SETTLE_MS = 1000;
/** With fewer streams they live in what the process has to spare after its warm-up. */
const BEYOND_SPARE = 1000;
/** With fewer streams what the process uses by itself is all that shows. */
const ENOUGH = 50;

/** Streams at one time. */
export const STREAMS: Curve = {
  name: 'streams',
  title: 'More streams at one time',
  axis: 'streams',
  sizes: [1, 10, 50, 200, 1000, 2000, 5000],
  quickSizes: [10, 200, 1000],
  needsArguments: false,
  figures: [
    { key: 'flat', label: 'CPU a chunk, flat out', unit: 'µs', judged: 'each' },
    {
      key: 'paced',
      label: `CPU a chunk, ${PACE} tokens/s a stream`,
      unit: 'µs',
      judged: 'each',
      from: ENOUGH,
    },
    {
      key: 'memory',
      label: 'memory a stream (RSS)',
      unit: 'KiB',
      judged: 'each',
      from: BEYOND_SPARE,
    },
  ],
  prepare: () => plainSetting(),
  measure: measureStreams,
};

async function measureStreams(cell: GrowthCell, count: number): Promise<Measurement> {
  const { target } = cell.running;
  const warm: ClosedLoopJob = { target, kind: 'disaggregated', clients: 32, seconds: 1 };
  await configureEngines(cell, {});
  await cell.load.call('closedLoop', warm);
  await pause(SETTLE_MS);
  const paced = await waitingStreams(cell, count);
  await pause(SETTLE_MS / 2);
  await flatStreams(cell, 20, 1000);
  const tokens = Math.max(LEAST_TOKENS, Math.round((CHUNKS_IN_ALL / count) * cell.scale.share));
  const flat = await flatStreams(cell, count, tokens);
  return {
    values: { ...paced.values, ...flat.values },
    problems: [...paced.problems, ...flat.problems],
  };
}

async function waitingStreams(cell: GrowthCell, count: number): Promise<Measurement> {
  const rss = (): number => cell.running.usage()?.rssBytes ?? Number.NaN;
  const before = rss();
  await configureEngines(cell, { tokens: 1e9, rate: PACE });
  await cell.load.call('openStreams', { target: cell.running.target, count, tokens: 1 });
  await pause(SETTLE_MS);
  const start = { cpu: cpuUs(cell), tokens: (await readCounts(cell)).tokens };
  await pause(cell.scale.seconds * 1000);
  const cpu = cpuUs(cell) - start.cpu;
  const memory = (rss() - before) / 1024 / count;
  const counts = await readCounts(cell);
  const seen = await cell.load.call<StreamsResult>('readStreams');
  await cell.load.call('clearStreams');
  return {
    values: { paced: cpu / (counts.tokens - start.tokens), memory },
    problems: [...failureProblems(seen.failures), ...disaggregationProblems(counts, count)],
  };
}

async function flatStreams(cell: GrowthCell, count: number, tokens: number): Promise<Measurement> {
  await configureEngines(cell, { tokens, hold: true });
  await cell.load.call('openStreams', { target: cell.running.target, count, tokens });
  const before = { cpu: cpuUs(cell), tokens: (await readCounts(cell)).tokens };
  await cell.engine.call('release');
  await cell.load.call('drainStreams');
  const cpu = cpuUs(cell) - before.cpu;
  const counts = await readCounts(cell);
  const seen = await cell.load.call<StreamsResult>('readStreams');
  await cell.load.call('clearStreams');
  return {
    values: { flat: cpu / (counts.tokens - before.tokens) },
    problems: [...failureProblems(seen.failures), ...disaggregationProblems(counts, count)],
  };
}

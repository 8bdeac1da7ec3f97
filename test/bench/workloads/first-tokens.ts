import type { FirstTokenJob, FirstTokenResult } from '../load/first-token.js';
import { percentile } from '../report/statistics.js';
import { PLAIN } from '../engine/behaviour.js';
import { type Cell, configureEngines, type Measurement, type Workload } from './workload.js';

/** Tokens a second of each of the other streams. */
const PACE = 10;
const TIMES = 200;

/** Small prompts, one after the other, while other streams go on: what is added to the time to the first token. */
export function firstTokens(streams: number): Workload {
  return {
    name: `ttft-${streams}`,
    title: `small prompts, ${streams} ${streams === 1 ? 'stream' : `streams at ${PACE} tokens/s`}`,
    metrics: [
      { key: 'p50', label: 'TTFT p50 added', unit: 'ms', added: true },
      { key: 'p99', label: 'TTFT p99 added', unit: 'ms', added: true },
    ],
    run: (cell) => runFirstTokens(cell, streams),
  };
}

async function runFirstTokens(cell: Cell, streams: number): Promise<Measurement> {
  const { target } = cell.running;
  const times = Math.max(20, Math.round(TIMES * cell.scale.share));
  await configureEngines(cell, { tokens: 1e9, rate: PACE });
  await cell.load.call('openStreams', { target, count: streams - 1, tokens: 1 });
  await cell.engine.call('change', { ...PLAIN, tokens: 2 });
  const job: FirstTokenJob = { target, shape: 'messages', bytes: 1024, times: 20 };
  await cell.load.call('firstToken', job);
  const result = await cell.load.call<FirstTokenResult>('firstToken', { ...job, times });
  await cell.load.call('clearStreams');
  const ascending = result.firstTokenMs.sort((a, b) => a - b);
  return {
    values: { p50: percentile(ascending, 0.5), p99: percentile(ascending, 0.99) },
    problems: [],
  };
}

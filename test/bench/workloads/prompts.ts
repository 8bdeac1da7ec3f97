import type { FirstTokenJob, FirstTokenResult } from '../load/first-token.js';
import type { PromptShape } from '../load/prompt.js';
import { median } from '../report/statistics.js';
import { disaggregationProblems, sampleProblems } from './verify.js';
import {
  type Cell,
  configureEngines,
  cpuUs,
  type Measurement,
  readCounts,
  type Workload,
} from './workload.js';

const KIB = 1024;

/** A large prompt, one at a time: what the proxy adds to the time to the first token. */
export function largePrompt(shape: PromptShape, size: '128k' | '1m' | '8m'): Workload {
  const bytes = { '128k': 128 * KIB, '1m': 1024 * KIB, '8m': 8192 * KIB }[size];
  const times = { '128k': 40, '1m': 20, '8m': 6 }[size];
  return {
    name: `prompt-${size}-${shape}`,
    title: `prompt of ${size.toUpperCase()} as ${shape}`,
    metrics: [
      { key: 'ttft', label: 'TTFT added', unit: 'ms', added: true },
      { key: 'cpu', label: 'CPU a request', unit: 'ms' },
    ],
    run: (cell) =>
      runPrompts(cell, shape, bytes, Math.max(3, Math.round(times * cell.scale.share))),
  };
}

async function runPrompts(
  cell: Cell,
  shape: PromptShape,
  bytes: number,
  times: number,
): Promise<Measurement> {
  const job: FirstTokenJob = { target: cell.running.target, shape, bytes, times: 1 };
  const problems: string[] = [];
  const digest = await cell.load.call<string>('expectedDigest', { shape, bytes });
  await configureEngines(cell, { tokens: 2, sample: true });
  await cell.load.call('firstToken', job);
  problems.push(...sampleProblems(await readCounts(cell), digest));
  await configureEngines(cell, { tokens: 2 });
  await cell.load.call('firstToken', { ...job, times: 2 });

  await configureEngines(cell, { tokens: 2 });
  const before = cpuUs(cell);
  const result = await cell.load.call<FirstTokenResult>('firstToken', { ...job, times });
  const cpu = cpuUs(cell) - before;
  problems.push(...disaggregationProblems(await readCounts(cell), times));
  return { values: { ttft: median(result.firstTokenMs), cpu: cpu / 1000 / times }, problems };
}

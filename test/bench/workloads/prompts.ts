import type { FirstTokenJob, FirstTokenResult } from '../load/first-token.js';
import type { PromptShape } from '../load/prompt.js';
import { median } from '../report/statistics.js';
import { legProblems, sampleProblems } from './verify.js';
import {
  type Cell,
  configureEngines,
  cpuUs,
  type Measurement,
  readCounts,
  type Workload,
} from './workload.js';

const KIB = 1024;
/** Bytes of a prompt, and how often it is sent. */
const SIZES = {
  '1k': { bytes: KIB, times: 200 },
  '128k': { bytes: 128 * KIB, times: 40 },
  '1m': { bytes: 1024 * KIB, times: 20 },
  '8m': { bytes: 8192 * KIB, times: 6 },
};

/** A large prompt, one at a time: what the proxy adds to the time to the first token. */
export function largePrompt(shape: PromptShape, size: keyof typeof SIZES): Workload {
  const { bytes, times } = SIZES[size];
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
  const { target } = cell.running;
  const job: FirstTokenJob = { target, shape, bytes, times: 1 };
  const problems: string[] = [];
  const digest = await cell.load.call<string>('expectedDigest', { shape, bytes });
  await configureEngines(cell, { tokens: 2, sample: true });
  await cell.load.call('firstToken', job);
  problems.push(...sampleProblems(target, await readCounts(cell), digest));
  await configureEngines(cell, { tokens: 2 });
  await cell.load.call('firstToken', { ...job, times: 2 });

  await configureEngines(cell, { tokens: 2 });
  const before = cpuUs(cell);
  const result = await cell.load.call<FirstTokenResult>('firstToken', { ...job, times });
  const cpu = cpuUs(cell) - before;
  problems.push(...legProblems(target, await readCounts(cell), times));
  return { values: { ttft: median(result.firstTokenMs), cpu: cpu / 1000 / times }, problems };
}

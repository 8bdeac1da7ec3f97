import type { FirstTokenJob, FirstTokenResult } from '../../load/first-token.js';
import { median } from '../../report/statistics.js';
import { disaggregationProblems, sampleProblems } from '../../workloads/verify.js';
import { configureEngines, cpuUs, type Measurement, readCounts } from '../../workloads/workload.js';
import { type Curve, type Figure, type GrowthCell, plainSetting } from '../curve.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const SHAPES = ['string', 'messages'] as const;
const BYTES_IN_ALL = 96 * MIB;

/** The length of one prompt. */
export const PROMPTS: Curve = {
  name: 'prompt',
  title: 'A longer prompt',
  axis: 'bytes',
  sizes: [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536].map((size) => size * KIB),
  quickSizes: [KIB, 64 * KIB, MIB, 16 * MIB],
  needsArguments: false,
  figures: SHAPES.flatMap((shape): Figure[] => [
    { key: `cpu-${shape}`, label: `CPU a byte, ${shape}`, unit: 'ns', judged: 'each' },
    {
      key: `ttft-${shape}`,
      label: `added TTFT a byte, ${shape}`,
      unit: 'ns',
      judged: 'each',
      added: true,
    },
  ]),
  prepare: () => plainSetting(['--max-request-bytes=128MiB', '--max-buffered-bytes=1GiB']),
  measure: measurePrompts,
};

async function measurePrompts(cell: GrowthCell, bytes: number): Promise<Measurement> {
  const values: Record<string, number> = {};
  const problems: string[] = [];
  for (const shape of SHAPES) {
    const target = cell.running.target;
    const job: FirstTokenJob = { target, shape, bytes, times: 1 };
    if (cell.isFirst) problems.push(...(await checkPrompt(cell, job)));
    const most = Math.min(2000, Math.round((BYTES_IN_ALL * cell.scale.share) / bytes));
    const times = Math.max(4, most);
    await configureEngines(cell, { tokens: 2 });
    await cell.load.call('firstToken', { ...job, times: Math.max(2, Math.round(times / 2)) });
    await configureEngines(cell, { tokens: 2 });
    const before = cpuUs(cell);
    const { firstTokenMs } = await cell.load.call<FirstTokenResult>('firstToken', {
      ...job,
      times,
    });
    const cpu = cpuUs(cell) - before;
    problems.push(...disaggregationProblems(await readCounts(cell), times));
    values[`cpu-${shape}`] = (cpu * 1000) / times / bytes;
    values[`ttft-${shape}`] = (median(firstTokenMs) * 1e6) / bytes;
  }
  return { values, problems };
}

/** Both legs have to carry the prompt as it was sent. */
async function checkPrompt(cell: GrowthCell, job: FirstTokenJob): Promise<string[]> {
  const { shape, bytes } = job;
  const digest = await cell.load.call<string>('expectedDigest', { shape, bytes });
  await configureEngines(cell, { tokens: 2, sample: true });
  await cell.load.call('firstToken', job);
  return sampleProblems(cell.running.target, await readCounts(cell), digest);
}

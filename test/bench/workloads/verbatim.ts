import type { VerbatimResult } from '../load/verbatim.js';
import {
  type Cell,
  configureEngines,
  type Measurement,
  readCounts,
  type Workload,
} from './workload.js';

const TOKENS = 16;

/** Whether what is not to be changed is not: bodies whose spelling matters, answers streamed and not. */
export const VERBATIM: Workload = {
  name: 'verbatim',
  title: 'bodies of unusual spelling',
  metrics: [
    { key: 'requests', label: 'arrived byte for byte', unit: '%' },
    { key: 'answers', label: 'answers byte for byte', unit: '%' },
  ],
  run: runVerbatim,
};

async function runVerbatim(cell: Cell): Promise<Measurement> {
  await configureEngines(cell, { tokens: TOKENS, sample: true });
  const job = { target: cell.running.target, tokens: TOKENS };
  const exchanges = await cell.load.call<VerbatimResult[]>('verbatim', job);
  const { samples } = await readCounts(cell);
  const arrived = new Set(samples.map(({ bytes }) => bytes));
  const problems = exchanges.flatMap(({ status }) => (status === 200 ? [] : [`status ${status}`]));
  return {
    values: {
      requests: share(exchanges, ({ sent }) => arrived.has(sent)),
      answers: share(exchanges, ({ isExact }) => isExact),
    },
    problems,
  };
}

function share<T>(all: readonly T[], isSo: (one: T) => boolean): number {
  return (all.filter(isSo).length / all.length) * 100;
}

import { describe, expect, it } from '@jest/globals';
import { MACHINE } from '../../support/machine-stub.js';
import type { BenchReport } from '../report/results.js';
import { mergeRuns } from './runs.js';

const run = (cpu: number[], problems: string[] = []): BenchReport => ({
  machine: MACHINE,
  settings: { rounds: cpu.length, quick: false, seconds: 1, warmUp: 0 },
  base: 'old',
  peers: [{ name: 'old', command: '' }],
  workloads: [
    { name: 'short', title: 'short', metrics: [{ key: 'cpu', label: 'CPU', unit: 'µs' }] },
  ],
  results: [{ workload: 'short', peer: 'old', rounds: { cpu }, medians: {}, problems }],
});

describe(mergeRuns.name, () => {
  it('takes the median of each run for a round', () => {
    const { results } = mergeRuns([run([1, 2, 30]), run([4, NaN, 6]), run([7], ['round 1: x'])]);
    expect(results).toEqual([
      {
        workload: 'short',
        peer: 'old',
        rounds: { cpu: [2, 5, 7] },
        medians: { cpu: 5 },
        problems: ['run 3, round 1: x'],
      },
    ]);
  });
});

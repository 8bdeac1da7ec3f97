import { describe, expect, it } from '@jest/globals';
import type { BenchReport } from '../report/results.js';
import { mergeRuns } from './runs.js';

const run = (cpu: number[], problems: string[] = []): BenchReport => ({
  machine: {
    date: '2026-01-01T00:00:00.000Z',
    cpu: 'CPU',
    cores: 2,
    memoryGiB: 8,
    kernel: '6',
    node: 'v24',
    loadBefore: 0,
  },
  settings: { rounds: cpu.length, quick: false, seconds: 1 },
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

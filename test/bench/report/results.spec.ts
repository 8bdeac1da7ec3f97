import { describe, expect, it } from '@jest/globals';
import { MACHINE } from '../../support/machine-stub.js';
import { type BenchReport, type CellResult, takeMedians } from './results.js';
import { renderReport } from './table.js';

function cell(peer: string, ttft: number[], problems: string[] = []): CellResult {
  return { workload: 'prompt', peer, rounds: { ttft }, medians: {}, problems };
}

function report(): BenchReport {
  const metrics = [{ key: 'ttft', label: 'TTFT added', unit: 'ms', added: true }];
  return {
    machine: MACHINE,
    settings: { rounds: 3, quick: false, seconds: 4, warmUp: 6 },
    base: 'a',
    peers: ['a', 'b', 'direct'].map((name) => ({ name, command: '' })),
    workloads: [{ name: 'prompt', title: 'a prompt', metrics }],
    results: [
      cell('a', [5, 9, 7]),
      cell('b', [2, 3, 4], ['2 × status 500']),
      cell('direct', [1, 1, 2]),
    ],
  };
}

describe(takeMedians.name, () => {
  it('takes what a peer adds from the direct figure of the same round', () => {
    const taken = report();
    takeMedians(taken);
    expect(taken.results.map(({ medians }) => medians['ttft'])).toEqual([5, 2, 1]);
  });
});

describe(renderReport.name, () => {
  it('writes medians, ratios to the base, and what was wrong', () => {
    const taken = report();
    takeMedians(taken);
    const text = renderReport(taken);
    expect(text).toContain('| a prompt | TTFT added (ms) | 5.00 | !2.00 (0.40) | [1.00] |');
    expect(text).toContain('- prompt, b: 2 × status 500');
  });
});

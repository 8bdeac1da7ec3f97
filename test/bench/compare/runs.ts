import type { BenchReport } from '../report/results.js';
import { takeMedians } from '../report/results.js';
import { median } from '../report/statistics.js';

/**
 * Makes one report of several runs: what was a round is a run, with the median of its rounds.
 *
 * Processes differ by the luck of their start, such as what was compiled when, by 10 % and more. Rounds of one process
 * share that luck; fresh processes do not.
 */
export function mergeRuns(runs: readonly BenchReport[]): BenchReport {
  const [first] = runs;
  if (!first) throw new Error('no runs');
  const results = first.results.map(({ workload, peer }) => {
    const cells = runs.map(({ results: all }) =>
      all.find((cell) => cell.workload === workload && cell.peer === peer),
    );
    const keys = Object.keys(cells[0]?.rounds ?? {});
    const rounds = Object.fromEntries(
      keys.map((key) => [key, cells.map((cell) => median(known(cell?.rounds[key] ?? [])))]),
    );
    const problems = cells.flatMap((cell, run) =>
      (cell?.problems ?? []).map((problem) => `run ${run + 1}, ${problem}`),
    );
    return { workload, peer, rounds, medians: {}, problems };
  });
  const merged = { ...first, results };
  takeMedians(merged);
  return merged;
}

function known(values: readonly number[]): number[] {
  return values.filter((value) => !Number.isNaN(value));
}

import { median } from '../report/statistics.js';

/** What became of one figure. */
export type Verdict = 'slower' | 'faster' | 'same' | 'noise';

export interface Comparison {
  /** Median over the runs of new against old; above 1 is worse, whatever the figure. */
  readonly ratio: number;
  /** The same of a second copy of the new one: what is measured where nothing changed. */
  readonly control: number;
  /** Runs in which the new one was worse. */
  readonly worse: number;
  readonly runs: number;
  readonly verdict: Verdict;
}

/** Values of one figure, one a run, each run with all three. */
export interface FigureRuns {
  readonly old: readonly number[];
  readonly now: readonly number[];
  /** A second copy of `now`. */
  readonly again: readonly number[];
  /** Requests a second and the like. */
  readonly higherIsBetter: boolean;
}

/** How unlikely the agreement of the runs must be, were it chance. */
const CHANCE = 0.05;
/** A change must exceed what the control shows by this factor. */
const BEYOND_CONTROL = 1.5;

/**
 * Tells a change from noise: the median ratio has to leave the threshold and what two copies of one program differ by,
 * and the runs have to agree on the direction (sign test).
 *
 * @param threshold the least change that counts, 0.05 for 5 %
 */
export function compare(figure: FigureRuns, threshold: number): Comparison {
  const { old, now, again, higherIsBetter } = figure;
  const ratios = ratiosOf(now, old, higherIsBetter);
  const control = median(ratiosOf(again, now, higherIsBetter));
  const ratio = median(ratios);
  const worse = ratios.filter((value) => value > 1).length;
  const runs = ratios.length;
  const least = Math.max(threshold, BEYOND_CONTROL * Math.abs(control - 1));
  const agree = tail(Math.max(worse, runs - worse), runs) <= CHANCE;
  const changed = Math.abs(ratio - 1) > least;
  const direction = ratio > 1 ? 'slower' : 'faster';
  const verdict = changed ? (agree ? direction : 'noise') : 'same';
  return { ratio, control, worse, runs, verdict };
}

function ratiosOf(a: readonly number[], b: readonly number[], inverse: boolean): number[] {
  return a
    .map((value, i) => (inverse ? b[i]! / value : value / b[i]!))
    .filter((value) => Number.isFinite(value) && value > 0);
}

/** The chance that `hits` or more of `n` fair coins show the same given side. */
function tail(hits: number, n: number): number {
  let sum = 0;
  for (let k = hits; k <= n; k++) sum += choose(n, k);
  return sum / 2 ** n;
}

function choose(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
  return result;
}

import type { Machine } from '../machine.js';
import type { Metric } from '../workloads/workload.js';
import { median } from './statistics.js';

/** One peer's figures in one workload. */
export interface CellResult {
  workload: string;
  peer: string;
  /** The value of each round by metric key; NaN (null in JSON) where a round has none. */
  rounds: Record<string, number[]>;
  /** The median of the rounds by metric key; metrics that count as added are against `direct`. */
  medians: Record<string, number>;
  /** What was wrong, with the round that it was wrong in. */
  problems: string[];
}

/** A whole run, as it is kept in JSON. */
export interface BenchReport {
  machine: Machine;
  settings: { rounds: number; quick: boolean; seconds: number; warmUp: number };
  base: string;
  peers: { name: string; command: string }[];
  workloads: { name: string; title: string; metrics: Metric[] }[];
  results: CellResult[];
}

/** Fills in the medians: of the rounds, or of what the rounds add to those of `direct`. */
export function takeMedians(report: BenchReport): void {
  for (const workload of report.workloads) {
    const cells = report.results.filter((cell) => cell.workload === workload.name);
    const direct = cells.find((cell) => cell.peer === 'direct');
    for (const cell of cells)
      for (const metric of workload.metrics) {
        const rounds = cell.rounds[metric.key] ?? [];
        const floor = metric.added && cell !== direct ? direct?.rounds[metric.key] : undefined;
        const values = rounds.map((value, i) => value - (floor?.[i] ?? 0));
        cell.medians[metric.key] = median(values.filter((value) => !Number.isNaN(value)));
      }
  }
}

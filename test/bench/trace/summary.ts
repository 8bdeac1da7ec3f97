import { median, percentile } from '../report/statistics.js';
import type { EngineFigures } from './engine-model.js';

/** How well a policy did by a trace. */
export interface Summary {
  readonly requests: number;
  /** Share of all prompt tokens that engines had in their caches. */
  readonly hitRate: number;
  /** The busiest engine's work beside the mean: 1 is even. */
  readonly spread: number;
  /** Milliseconds until the first token, and of waiting for a prefill to begin. */
  readonly firstTokenP50Ms: number;
  readonly firstTokenP99Ms: number;
  readonly waitP99Ms: number;
}

/** @param engines all engines' figures, one at least */
export function summarize(engines: readonly EngineFigures[]): Summary {
  const sum = (of: (figures: EngineFigures) => number): number =>
    engines.reduce((total, figures) => total + of(figures), 0);
  const firstTokens = engines.flatMap(({ firstTokenMs }) => firstTokenMs).sort((a, b) => a - b);
  const waits = engines.flatMap(({ waitMs }) => waitMs).sort((a, b) => a - b);
  const busiest = Math.max(...engines.map(({ workMs }) => workMs));
  return {
    requests: sum(({ requests }) => requests),
    hitRate: sum(({ cachedTokens }) => cachedTokens) / sum(({ promptTokens }) => promptTokens),
    spread: busiest / (sum(({ workMs }) => workMs) / engines.length),
    firstTokenP50Ms: percentile(firstTokens, 0.5),
    firstTokenP99Ms: percentile(firstTokens, 0.99),
    waitP99Ms: percentile(waits, 0.99),
  };
}

/** Heads of {@link summaryCells}. */
export const SUMMARY_COLUMNS = [
  'requests',
  'hit rate (%)',
  'busiest / mean',
  'TTFT p50 (ms)',
  'TTFT p99 (ms)',
  'wait p99 (ms)',
];

export function summaryCells(summary: Summary): string[] {
  return [
    summary.requests.toFixed(0),
    (summary.hitRate * 100).toFixed(1),
    summary.spread.toFixed(2),
    ...[summary.firstTokenP50Ms, summary.firstTokenP99Ms, summary.waitP99Ms].map((ms) =>
      ms.toFixed(0),
    ),
  ];
}

/** The median of each figure. */
export function medianOf(summaries: readonly Summary[]): Summary {
  const keys = Object.keys(summaries[0]!) as (keyof Summary)[];
  const medians = keys.map((key) => [key, median(summaries.map((summary) => summary[key]))]);
  return Object.fromEntries(medians);
}

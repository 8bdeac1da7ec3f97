import type { Machine } from '../../bench/machine.js';
import { alignColumns } from '../../bench/report/columns.js';
import { type Figure, countGoals, meetsGoal, renderGoal } from '../../soak/report/figure.js';

/** What one part of the suite found. */
export interface PartResult {
  readonly part: string;
  readonly figures: readonly Figure[];
  /** What went wrong, a line each. */
  readonly problems: readonly string[];
  readonly seconds: number;
}

/** A whole run, as it is kept in JSON. */
export interface SsrfReport {
  readonly machine: Machine;
  readonly seed: number;
  readonly parts: readonly PartResult[];
}

/** Problems of a part beyond this many are counted only. */
const MOST_PROBLEMS = 40;

export function passed({ parts }: SsrfReport): boolean {
  return parts.every(({ figures }) => figures.every(meetsGoal));
}

/** The report as text: figures with their goals, then what went wrong. */
export function renderReport(report: SsrfReport): string {
  const { machine, seed, parts } = report;
  const rows = [['part', 'figure', 'value', 'goal', 'verdict']];
  for (const { part, figures } of parts) {
    for (const figure of figures) rows.push([part, ...cellsOf(figure)]);
  }
  const about = `${machine.date} · ${machine.cpu}, ${machine.cores} cores · Linux ${machine.kernel} · node ${machine.node} · load before ${machine.loadBefore} · seed ${seed}`;
  const verdict = countGoals(parts.flatMap(({ figures }) => figures));
  return [about, '', ...alignColumns(rows), ...parts.flatMap(problemLines), '', verdict].join('\n');
}

function cellsOf(figure: Figure): string[] {
  const { label, value, unit, goal } = figure;
  const number = Number.isInteger(value) ? String(value) : value.toFixed(2);
  const verdict = goal ? (meetsGoal(figure) ? 'ok' : 'MISSED') : '';
  return [label, unit === '' ? number : `${number} ${unit}`, renderGoal(goal), verdict];
}

function problemLines({ part, problems }: PartResult): string[] {
  const shown = problems.slice(0, MOST_PROBLEMS).map((problem) => `- ${part}: ${problem}`);
  const rest = problems.length - shown.length;
  return [...shown, ...(rest > 0 ? [`- ${part}: and ${rest} more`] : [])];
}

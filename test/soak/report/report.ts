import type { Machine } from '../../bench/machine.js';
import { alignColumns } from '../../bench/report/columns.js';
import type { Scale } from '../phases/phase.js';
import { type Figure, countGoals, meetsGoal, renderGoal, renderNumber } from './figure.js';

/** What one program did in one phase. */
export interface SoakResult {
  readonly phase: string;
  readonly title: string;
  readonly program: string;
  readonly figures: readonly Figure[];
  readonly problems: readonly string[];
  /** Why the phase did not come to an end, if so. */
  readonly failure?: string;
  readonly seconds: number;
}

/** A whole run, as it is kept in JSON. */
export interface SoakReport {
  readonly machine: Machine;
  readonly scale: Scale;
  readonly seed: number;
  readonly results: SoakResult[];
}

/** Whether every figure of the program meets its goal. */
export function passed(report: SoakReport, program: string): boolean {
  return report.results
    .filter((result) => result.program === program)
    .every(({ figures, failure }) => failure === undefined && figures.every(meetsGoal));
}

/** The report as text: a table of figures, a column a program, then what went wrong. */
export function renderReport(report: SoakReport): string {
  const { machine, seed } = report;
  const programs = [...new Set(report.results.map(({ program }) => program))];
  const rows = [['phase', 'figure', 'goal', ...programs]];
  for (const phase of new Set(report.results.map((result) => result.phase)))
    rows.push(
      ...rowsOf(
        report.results.filter((result) => result.phase === phase),
        programs,
      ),
    );
  const problems = report.results.flatMap(({ phase, program, problems: found, failure }) =>
    [...(failure === undefined ? [] : [failure]), ...found].map(
      (problem) => `- ${phase}, ${program}: ${problem}`,
    ),
  );
  const about = `${machine.date} · ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB · Linux ${machine.kernel} · node ${machine.node} · load before ${machine.loadBefore} · seed ${seed}`;
  const said = problems.length > 0 ? ['', ...problems] : [];
  return [about, '', ...alignColumns(rows), ...said, '', verdict(report)].join('\n');
}

/** The last line: how the programs did in a word. */
function verdict({ results }: SoakReport): string {
  const unfinished = results.filter(({ failure }) => failure !== undefined).length;
  return `${countGoals(results.flatMap(({ figures }) => figures))}, ${unfinished} phases not finished`;
}

function rowsOf(results: readonly SoakResult[], programs: readonly string[]): string[][] {
  const figures = new Map<string, Figure>();
  for (const figure of results.flatMap((result) => result.figures))
    if (!figures.get(figure.label)?.goal) figures.set(figure.label, figure);
  const title = results[0]!.title;
  const rows = [...figures].map(([label, { goal, unit }]) => [
    title,
    unit === '' ? label : `${label} (${unit})`,
    renderGoal(goal),
    ...programs.map((program) => {
      const result = results.find((one) => one.program === program);
      const figure = result?.figures.find((one) => one.label === label);
      if (figure) return `${renderNumber(figure.value)}${meetsGoal(figure) ? '' : ' MISSED'}`;
      return result?.failure === undefined ? '' : 'FAILED';
    }),
  ]);
  if (rows.length === 0) rows.push([title, 'not finished', '', ...programs.map(() => 'FAILED')]);
  return rows;
}

import type { Result } from '../support/run-scenario.js';

/** @returns a table of what happened and what was measured, then what failed */
export function renderReport(results: readonly Result[]): string {
  const rows = [
    ['scenario', 'result', 'measured'],
    ...results.map(({ scenario, failure, figures }) => [
      scenario,
      failure === undefined ? 'ok' : 'FAILED',
      Object.entries(figures)
        .map(([what, value]) => `${what} ${value}`)
        .join(', '),
    ]),
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map(
    ([scenario, result, measured]) =>
      `${scenario!.padEnd(widths[0]!)}   ${result!.padEnd(widths[1]!)}   ${measured}`,
  );
  const failures = results
    .filter(({ failure }) => failure !== undefined)
    .map(({ scenario, failure }) => `FAILED ${scenario}: ${failure}`);
  return [...lines, ...failures].join('\n');
}

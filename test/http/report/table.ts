import type { CaseResult } from '../suites/suite.js';

/** What one suite found at one proxy. */
export interface SuiteResult {
  readonly proxy: string;
  readonly suite: string;
  readonly seconds: number;
  readonly cases: readonly CaseResult[];
  /** Why it was left out. */
  readonly skipped?: string;
  /** A line of figures of its own. */
  readonly summary?: string;
}

const SHOWN = 12;

/** One line a suite and proxy: how many cases, and what was not ok. */
export function renderTable(results: readonly SuiteResult[]): string {
  const rows = results.map(({ proxy, suite, cases, seconds, skipped }) => {
    const count = (verdict: CaseResult['verdict']): string =>
      String(cases.filter((one) => one.verdict === verdict).length);
    return skipped === undefined
      ? [
          suite,
          proxy,
          String(cases.length),
          count('violation'),
          count('failed'),
          count('lenient'),
          count('strict'),
          seconds.toFixed(1),
        ]
      : [suite, proxy, `left out: ${skipped}`, '', '', '', '', ''];
  });
  const head = ['suite', 'proxy', 'cases', 'violations', 'failed', 'lenient', 'strict', 'seconds'];
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]!.length)));
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The cases of a suite that were not ok, the worst first. */
export function renderFindings({ proxy, suite, cases }: SuiteResult, verbose: boolean): string {
  const order = ['violation', 'failed', 'lenient', 'strict', 'ok'];
  const found = cases
    .filter(({ verdict, reason }) => isBad(verdict) || (verbose && reason !== ''))
    .sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  const shown = verbose ? found : found.slice(0, SHOWN);
  const lines = shown.map(
    ({ verdict, group, name, reason }) =>
      `  ${verdict}: ${group}: ${name}: ${reason.slice(0, 300)}`,
  );
  if (shown.length < found.length) lines.push(`  and ${found.length - shown.length} more`);
  return lines.length === 0 ? '' : [`${proxy}, ${suite}:`, ...lines].join('\n');
}

const isBad = (verdict: CaseResult['verdict']): boolean =>
  verdict === 'violation' || verdict === 'failed';

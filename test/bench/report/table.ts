import type { Metric } from '../workloads/workload.js';
import { alignColumns } from './columns.js';
import { formatNumber } from './format-number.js';
import type { BenchReport, CellResult } from './results.js';

/** The report as text: machine, one row a figure with ratios to the base, then what was wrong. */
export function renderReport(report: BenchReport): string {
  const { machine, settings } = report;
  const lines = [
    `${machine.date} · ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB · Linux ${machine.kernel} · node ${machine.node} · load before ${machine.loadBefore}`,
    `${settings.rounds} round(s), windows of ${settings.seconds} s after a warm-up of ${settings.warmUp} s; medians, in brackets the ratio to ${report.base}; what a peer adds is against direct, whose own value is in square brackets`,
    '',
    ...renderTable(report),
  ];
  const problems = report.results.flatMap(({ workload, peer, problems: found }) =>
    found.map((problem) => `- ${workload}, ${peer}: ${problem}`),
  );
  if (problems.length > 0) lines.push('', 'What was wrong:', ...problems);
  return lines.join('\n');
}

function renderTable(report: BenchReport): string[] {
  const names = report.peers.map(({ name }) => name);
  const rows = [['workload', 'figure', ...names]];
  for (const workload of report.workloads) {
    const cells = report.results.filter((cell) => cell.workload === workload.name);
    const base = cells.find((cell) => cell.peer === report.base);
    for (const metric of workload.metrics)
      rows.push([
        workload.title,
        `${metric.label} (${metric.unit})`,
        ...names.map((name) =>
          renderCell(
            cells.find((cell) => cell.peer === name),
            base,
            metric,
          ),
        ),
      ]);
  }
  return alignColumns(rows);
}

function renderCell(cell: CellResult | undefined, base: CellResult | undefined, metric: Metric) {
  if (!cell) return '';
  const mark = cell.problems.length > 0 ? '!' : '';
  const value = cell.medians[metric.key] ?? Number.NaN;
  if (Number.isNaN(value)) return mark === '' ? '–' : 'failed';
  if (metric.added && cell.peer === 'direct') return `${mark}[${formatNumber(value)}]`;
  const against = base?.medians[metric.key] ?? Number.NaN;
  const ratio = against > 0 && cell !== base ? ` (${(value / against).toFixed(2)})` : '';
  return `${mark}${formatNumber(value)}${ratio}`;
}

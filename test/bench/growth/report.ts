import { alignColumns } from '../report/columns.js';
import { formatNumber } from '../report/format-number.js';
import { isTooFast, MOST } from './growth-rate.js';
import { type CurveResult, type GrowthReport, pointsOf, rateOf } from './results.js';
import { sizeLabel } from './size-label.js';

/** The report as text: machine, one table a curve, growth, then what was wrong. */
export function renderGrowth(report: GrowthReport): string {
  const { machine, settings } = report;
  const lines = [
    `${machine.date} · ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB · Linux ${machine.kernel} · node ${machine.node} · load before ${machine.loadBefore}`,
    `${settings.rounds} round(s), windows of ${settings.seconds} s, a fresh process for each point; medians. growth: exponents of the total cost over the size, overall and over the larger half; above ${MOST}, and by 0.1 above that of the floor, it grows faster than the work`,
  ];
  for (const curve of report.curves)
    lines.push('', `${curve.title}:`, ...renderCurve(curve, report));
  const wrong = report.curves.flatMap(({ name, problems }) =>
    problems.map((problem) => `- ${name}, ${problem}`),
  );
  if (wrong.length > 0) lines.push('', 'What was wrong:', ...wrong);
  return lines.join('\n');
}

/** Figures of a peer whose cost grows faster than the work, as `curve, figure`. */
export function tooFast(report: GrowthReport, peer: string): string[] {
  return report.curves.flatMap((curve) =>
    curve.figures.flatMap((figure) => {
      const rate = rateOf(curve, figure, peer);
      return rate && isTooFast(rate, rateOf(curve, figure, 'floor'))
        ? [`${curve.name}, ${figure.label}`]
        : [];
    }),
  );
}

function renderCurve(curve: CurveResult, { peers, settings }: GrowthReport): string[] {
  const sizes = [...new Set(curve.points.map(({ size }) => size))].sort((a, b) => a - b);
  const rows = curve.figures.flatMap((figure) =>
    peers.flatMap((peer) => {
      const points = pointsOf(curve, figure, peer);
      if (points.length === 0 || peer === 'direct') return [];
      const rate = rateOf(curve, figure, peer);
      const growth =
        !rate || Number.isNaN(rate.overall)
          ? '–'
          : `${rate.overall.toFixed(2)} / ${rate.atTheEnd.toFixed(2)}${!settings.quick && isTooFast(rate, rateOf(curve, figure, 'floor')) ? ' !' : ''}`;
      const values = sizes.map((size) => {
        const point = points.find((one) => one.size === size);
        return point ? formatNumber(point.value) : '';
      });
      const unit = figure.unit === '' ? '' : ` (${figure.unit})`;
      return [[`${figure.label}${unit}`, peer, ...values, growth]];
    }),
  );
  const head = sizes.map((size) => sizeLabel(size, curve.axis));
  return alignColumns([['figure', 'peer', ...head, 'growth'], ...rows]);
}

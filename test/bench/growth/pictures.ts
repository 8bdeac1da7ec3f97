import { type Chart, chartSvg } from '../picture/line-chart.js';
import type { Figure } from './curve.js';
import { type CurveResult, type GrowthReport, pointsOf, rateOf } from './results.js';
import { sizeLabel } from './size-label.js';

const X_LABELS: Record<string, string> = {
  streams: 'streams at one time',
  bytes: 'prompt, bytes',
  prefillers: 'prefillers',
  pods: 'pods in the allowlist',
};

const EXPLANATION =
  'Both axes are logarithmic. b is that of total cost = a · size^b, so 1 grows as the work does: over all sizes, in brackets over their larger half.';

/** The pictures of a report: SVG by file name. */
export function growthPictures(report: GrowthReport): Map<string, string> {
  return new Map(
    report.curves.map((curve) => [`growth-${curve.name}.svg`, chartSvg(chartOf(curve, report))]),
  );
}

function chartOf(curve: CurveResult, report: GrowthReport): Chart {
  const { machine, commit, command, settings, peers } = report;
  const { date, cpu, cores, node, loadBefore } = machine;
  const takesPart = (peer: string): boolean => curve.points.some((point) => point.peer === peer);
  // Tandem has the same colour in every picture, whoever else is in it.
  const ordered = [...new Set(['tandem', 'floor', ...peers])];
  const series = ordered.filter((peer) => peer !== 'direct' && takesPart(peer));
  return {
    title: curve.title,
    notes: [
      `${date.slice(0, 10)} · ${cpu}, ${cores} cores · node ${node} · load before ${loadBefore} · medians of ${settings.rounds} rounds, bars from least to most`,
      `tandem ${commit ?? 'of unknown commit'} · ${command}`,
      EXPLANATION,
    ],
    series,
    xTickLabel: (size) => sizeLabel(size, curve.axis),
    panels: curve.figures.map((figure) => ({
      title: figure.unit === '' ? figure.label : `${figure.label} (${figure.unit})`,
      note: growthNote(curve, figure),
      xLabel: X_LABELS[curve.axis] ?? curve.axis,
      lines: series.map((name) => ({
        name,
        points: pointsOf(curve, figure, name).map(({ size, value, least, most }) => ({
          x: size,
          y: value,
          least,
          most,
        })),
      })),
    })),
  };
}

function growthNote(curve: CurveResult, figure: Figure): string {
  // What sockets, caches and the kernel do to everybody stands beside it.
  const rates = ['tandem', 'floor'].flatMap((peer) => {
    const rate = rateOf(curve, figure, peer);
    return !rate || Number.isNaN(rate.overall)
      ? []
      : [`${peer} ${rate.overall.toFixed(2)} (${rate.atTheEnd.toFixed(2)})`];
  });
  if (rates.length === 0) return '';
  return `b of ${figure.judged === 'each' ? `${curve.axis} × this` : 'this'}: ${rates.join(', ')}`;
}

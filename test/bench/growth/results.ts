import type { Machine } from '../machine.js';
import { median } from '../report/statistics.js';
import type { Figure } from './curve.js';
import { growthRate, type GrowthRate } from './growth-rate.js';

/** One peer at one size. */
export interface PointResult {
  readonly peer: string;
  readonly size: number;
  /** The value of each round by figure; NaN (null in JSON) where a round has none. */
  readonly rounds: Record<string, (number | null)[]>;
}

/** One curve as measured. */
export interface CurveResult {
  readonly name: string;
  readonly title: string;
  readonly axis: string;
  readonly figures: readonly Figure[];
  readonly points: PointResult[];
  readonly problems: string[];
}

/** A whole run, as it is kept in JSON. */
export interface GrowthReport {
  readonly machine: Machine;
  /** Of this checkout; undefined where git does not know. */
  readonly commit: string | undefined;
  readonly command: string;
  readonly settings: { rounds: number; quick: boolean; seconds: number };
  readonly peers: readonly string[];
  readonly curves: CurveResult[];
}

/** A point of a figure that can be drawn. */
export interface DrawnPoint {
  readonly size: number;
  readonly value: number;
  readonly least: number;
  readonly most: number;
}

/** The medians of a peer over the sizes, and their spread; what a figure adds is against `direct`. */
export function pointsOf(curve: CurveResult, figure: Figure, peer: string): DrawnPoint[] {
  const sizes = [...new Set(curve.points.map(({ size }) => size))].sort((a, b) => a - b);
  return sizes.flatMap((size) => {
    if (size < (figure.from ?? 0)) return [];
    const own = valuesOf(curve, figure.key, peer, size);
    const direct = figure.added ? valuesOf(curve, figure.key, 'direct', size) : [];
    const values = own
      .map((value, i) => (value ?? Number.NaN) - (figure.added ? (direct[i] ?? Number.NaN) : 0))
      .filter((value) => !Number.isNaN(value));
    if (values.length === 0) return [];
    return [{ size, value: median(values), least: Math.min(...values), most: Math.max(...values) }];
  });
}

/** How fast a figure's total grows; undefined for a figure that is not judged. */
export function rateOf(curve: CurveResult, figure: Figure, peer: string): GrowthRate | undefined {
  const { judged } = figure;
  if (!judged) return undefined;
  return growthRate(
    pointsOf(curve, figure, peer).map(({ size, value }) => ({
      size,
      total: judged === 'each' ? value * size : value,
    })),
  );
}

function valuesOf(
  { points }: CurveResult,
  key: string,
  peer: string,
  size: number,
): readonly (number | null)[] {
  const point = points.find((one) => one.peer === peer && one.size === size);
  return point?.rounds[key] ?? [];
}

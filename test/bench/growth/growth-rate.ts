/** A size and the total cost of the work of that size. */
export interface Point {
  readonly size: number;
  readonly total: number;
}

/** How a total grows with the work: the exponent b of total = a · size^b. 1: as the work, 2: as its square. */
export interface GrowthRate {
  /** Over all sizes; fixed costs keep it low. */
  readonly overall: number;
  /** Over the larger half of the sizes, at least three: what a larger size still would cost. */
  readonly atTheEnd: number;
}

/** An exponent above this one counts as faster than the work. */
export const MOST = 1.15;

/** What an exponent must exceed that of the floor by. */
const BEYOND_FLOOR = 0.1;

const LEAST_POINTS = 3;

/** Fits exponents by least squares over logarithms; NaN where less than three points have a positive cost. */
export function growthRate(points: readonly Point[]): GrowthRate {
  const known = points.filter(({ total }) => total > 0).sort((a, b) => a.size - b.size);
  if (known.length < LEAST_POINTS) return { overall: Number.NaN, atTheEnd: Number.NaN };
  const last = Math.max(LEAST_POINTS, Math.ceil(known.length / 2));
  return { overall: exponent(known), atTheEnd: exponent(known.slice(-last)) };
}

/**
 * Whether a cost grows faster than the work, wherever on the curve.
 *
 * @param floor the rate of the floor: what sockets, caches and the kernel do to everybody is nobody's fault
 */
export function isTooFast(rate: GrowthRate, floor?: GrowthRate): boolean {
  const parts = ['overall', 'atTheEnd'] as const;
  return parts.some(
    (part) => rate[part] > MOST && !((floor?.[part] ?? 0) > rate[part] - BEYOND_FLOOR),
  );
}

function exponent(points: readonly Point[]): number {
  const xs = points.map(({ size }) => Math.log(size));
  const ys = points.map(({ total }) => Math.log(total));
  const meanX = mean(xs);
  const meanY = mean(ys);
  let covariance = 0;
  let variance = 0;
  for (const [i, x] of xs.entries()) {
    covariance += (x - meanX) * ((ys[i] as number) - meanY);
    variance += (x - meanX) ** 2;
  }
  return covariance / variance;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

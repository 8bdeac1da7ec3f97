/** Bounds of a back-off, in milliseconds. */
export interface BackoffBounds {
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
}

/**
 * Full jitter: many clients that failed together come back apart.
 *
 * @param failures in a row, from 1
 * @param random from 0 to 1
 * @returns milliseconds between the least and the least doubled with each failure, up to the most
 */
export function backoff(failures: number, bounds: BackoffBounds, random: () => number): number {
  const { backoffMinMs: min, backoffMaxMs: max } = bounds;
  const ceiling = Math.min(max, min * 2 ** Math.min(failures, 30));
  return min + random() * Math.max(0, ceiling - min);
}

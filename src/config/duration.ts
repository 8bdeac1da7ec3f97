/** Durations as Go writes them (https://pkg.go.dev/time#ParseDuration). */

const MILLISECONDS = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3, // U+00B5 micro sign
  μs: 1e-3, // U+03BC Greek letter mu
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
} as const;

/** Node fires a timer with a longer delay at once (2^31 - 1 ms, nearly 25 days). */
export const LONGEST_DURATION = 2_147_483_647;

/** `0`, or one or more numbers with a unit: `50ms`, `2s`, `1m30s`, `1.5h`. */
export const DURATION_PATTERN =
  /^(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+)$/;

/**
 * Milliseconds of a duration in Go's syntax, a whole number from 0 to {@link LONGEST_DURATION}.
 * What is above 0 stays above 0, since 0 switches timers off.
 *
 * @returns `undefined` for anything else: no unit, a negative or too long duration.
 */
export function parseDuration(text: string): number | undefined {
  if (!DURATION_PATTERN.test(text)) return undefined;
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g)) {
    sum += Number(amount) * MILLISECONDS[unit as keyof typeof MILLISECONDS];
  }
  if (sum > LONGEST_DURATION) return undefined;
  return sum > 0 ? Math.max(1, Math.round(sum)) : 0;
}

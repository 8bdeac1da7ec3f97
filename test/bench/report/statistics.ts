/** The value below which the share `share` (0 to 1) of an ascending list lies; NaN for none. */
export function percentile(ascending: readonly number[], share: number): number {
  if (ascending.length === 0) return Number.NaN;
  const index = Math.min(ascending.length - 1, Math.floor(ascending.length * share));
  return ascending[index] as number;
}

/** The median; NaN for none. */
export function median(values: readonly number[]): number {
  const ascending = [...values].sort((a, b) => a - b);
  if (ascending.length % 2 === 1) return ascending[(ascending.length - 1) / 2] as number;
  const upper = ascending.length / 2;
  return ascending.length === 0
    ? Number.NaN
    : ((ascending[upper - 1] as number) + (ascending[upper] as number)) / 2;
}

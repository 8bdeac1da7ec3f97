/** Numbers from 0 up to, but not including, 1. */
export type Random = () => number;

/** The same numbers for the same seed (mulberry32, by Tommy Ettinger). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Exponentially distributed. */
export function exponential(random: Random, mean: number): number {
  return -Math.log(1 - random()) * mean;
}

/** Log-normally distributed: half below `median`, and a long tail. */
export function logNormal(random: Random, median: number, sigma: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp(sigma * normal);
}

/** Ranks from 0 to `count - 1`, the first ones often: the probability of rank r goes with `1 / (r + 1) ^ exponent`. */
export function zipf(random: Random, count: number, exponent: number): () => number {
  const sums: number[] = [];
  for (let rank = 0, sum = 0; rank < count; rank++) sums.push((sum += 1 / (rank + 1) ** exponent));
  const whole = sums.at(-1)!;
  return () => {
    const wanted = random() * whole;
    return sums.findIndex((sum) => sum > wanted);
  };
}

import type { Candidate } from '../policy.js';

/**
 * Which of two that are equal otherwise is taken: the cheaper one, else the one that was chosen longer ago, else the
 * one registered first.
 *
 * @returns below 0 for the first, above 0 for the second
 */
export function compare(candidates: readonly Candidate[], a: number, b: number): number {
  const one = candidates[a]!;
  const other = candidates[b]!;
  if (one.cost !== other.cost) return one.cost < other.cost ? -1 : 1;
  if (one.lastChosen !== other.lastChosen) return one.lastChosen < other.lastChosen ? -1 : 1;
  return a - b;
}

/**
 * @param weigh NaN for those that must not be taken
 * @param range indexes of the first and the last one to look at
 * @returns the index of the candidate of the lowest weight, of several that which {@link compare} puts first; -1 where
 * none may be taken
 */
export function lowest(
  candidates: readonly Candidate[],
  weigh: (candidate: Candidate, index: number) => number,
  [first, last]: readonly [number, number] = [0, candidates.length - 1],
): number {
  let best = -1;
  let least = Infinity;
  for (let i = first; i <= last; i++) {
    const weight = weigh(candidates[i]!, i);
    if (!(weight <= least)) continue;
    if (weight === least && best >= 0 && compare(candidates, i, best) > 0) continue;
    best = i;
    least = weight;
  }
  return best;
}

/** @returns the same as {@link lowest} would by load; asked for with every request, it calls nothing for most candidates */
export function leastLoaded(candidates: readonly Candidate[]): number {
  let best = 0;
  let least = candidates[0]!.load;
  for (let i = 1; i < candidates.length; i++) {
    const { load } = candidates[i]!;
    if (load > least || (load === least && compare(candidates, i, best) > 0)) continue;
    best = i;
    least = load;
  }
  return best;
}

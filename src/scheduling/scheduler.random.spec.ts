import { describe, expect, it } from '@jest/globals';
import { randomOf } from '../../test/support/random-pods.js';
import { schedulerOf, type GivenProfile } from '../../test/support/scheduler-harness.js';
import { inferenceRequest, servers, type Server } from '../../test/support/scheduling-harness.js';
import type { Endpoints, Filter, Scorer } from './plugin.js';
import { Scheduler } from './scheduler.js';
import { SchedulingFailure } from './scheduling-failure.js';

interface Numbers {
  /** Of each filter, whether it keeps the endpoint. */
  readonly kept: readonly boolean[];
  readonly scores: readonly number[];
}

/** Filters and scorers that read what was drawn for an endpoint. */
function profileOf(
  filters: number,
  weights: readonly number[],
  of: Map<Server, Numbers>,
): GivenProfile {
  const filter = (at: number): Filter => ({
    filter: (_, endpoints) => endpoints.filter((each) => of.get(each as Server)!.kept[at]!),
  });
  const scorer = (at: number): Scorer => ({
    score: (_, endpoints, scores) =>
      endpoints.forEach((each, i) => (scores[i] = of.get(each)!.scores[at]!)),
  });
  return {
    filters: Object.fromEntries(Array.from({ length: filters }, (_, i) => [`f${i}`, filter(i)])),
    scorers: Object.fromEntries(
      weights.map((weight, i) => [`s${i}`, [scorer(i), weight] as const]),
    ),
  };
}

/** The rules again, as plainly as can be: all endpoints that may be picked. */
function mayBePicked(
  endpoints: Endpoints,
  weights: readonly number[],
  of: Map<Server, Numbers>,
): Endpoints {
  const left = endpoints.filter((each) => of.get(each as Server)!.kept.every(Boolean));
  const totalOf = (each: Server): number =>
    of
      .get(each)!
      .scores.reduce(
        (sum, score, i) => sum + Math.min(1, Math.max(0, score || 0)) * weights[i]!,
        0,
      );
  const totals = left.map((each) => totalOf(each as Server));
  const best = left.filter((_, i) => totals[i] === Math.max(...totals));
  const idlest = Math.min(...best.map(({ inFlight }) => inFlight));
  return best.filter(({ inFlight }) => inFlight === idlest);
}

describe(Scheduler, () => {
  it('does what a plain model of the rules says, for any plugins', () => {
    const random = randomOf(8);
    const drawn = (below: number): number => Math.floor(random() * below);
    const SCORES = [0, 0.25, 0.5, 1, 1, 7, -3, NaN];
    for (let round = 0; round < 400; round++) {
      const all = servers(Array.from({ length: 1 + drawn(30) }, () => ({ inFlight: drawn(3) })));
      const filters = drawn(3);
      const weights = Array.from({ length: drawn(4) }, () => drawn(5) / 2);
      const of = new Map(
        all.map((each): [Server, Numbers] => [
          each,
          {
            kept: Array.from({ length: filters }, () => random() < 0.7),
            scores: weights.map(() => SCORES[drawn(SCORES.length)]!),
          },
        ]),
      );
      const sut = schedulerOf({ default: profileOf(filters, weights, of) });
      for (let i = 0; i < 5; i++) {
        const expected = mayBePicked(all, weights, of);
        const result = sut.schedule(inferenceRequest(), all);
        if (result instanceof SchedulingFailure) {
          expect(expected).toEqual([]);
          continue;
        }
        expect(expected).toContain(result.endpoints[0]);
        (result.endpoints[0] as Server).inFlight++;
      }
    }
  });
});

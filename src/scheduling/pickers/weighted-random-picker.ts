import type { InferenceRequest } from '../inference-request.js';
import type { Endpoints, Picker } from '../plugin.js';
import { definePlugin } from '../plugin-definition.js';
import { PICK_COUNT } from './pick-count.js';
import { Ranking } from './ranking.js';

/**
 * Takes endpoints by chance, each as likely as its total is high: weighted sampling without replacement by the keys
 * U^(1/w) (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006).
 */
export class WeightedRandomPicker implements Picker {
  private keys = new Float64Array(0);
  private readonly ranking: Ranking;

  constructor(
    private readonly random: () => number,
    private readonly count: number,
  ) {
    this.ranking = new Ranking(random);
  }

  pick(_request: InferenceRequest, endpoints: Endpoints, totals: Float64Array): Endpoints {
    if (this.keys.length < totals.length) this.keys = new Float64Array(2 * totals.length);
    let isWeighted = false;
    for (let i = 0; i < totals.length; i++) {
      const weight = totals[i]!;
      isWeighted ||= weight > 0;
      // The logarithm of the key has the same order, and does not run into 0 for small weights.
      this.keys[i] = weight > 0 ? Math.log(1 - this.random()) / weight : -Infinity;
    }
    if (!isWeighted) return this.ranking.any(endpoints, this.count);
    return this.ranking.best(endpoints, this.keys, this.count);
  }
}

export const weightedRandomPicker = definePlugin({
  type: 'weighted-random-picker',
  kinds: ['picker'],
  summary:
    'Takes endpoints by chance, each as likely as its total is high; any where no total is above 0.',
  parameters: PICK_COUNT,
  create: ({ maxNumOfEndpoints }, tools) =>
    new WeightedRandomPicker(() => tools.random(), maxNumOfEndpoints),
});

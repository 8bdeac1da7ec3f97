import type { InferenceRequest } from '../inference-request.js';
import { peerEndpoint } from '../peer-endpoint.js';
import type { Endpoints, Picker } from '../plugin.js';
import { definePlugin } from '../plugin-definition.js';
import { PICK_COUNT } from './pick-count.js';
import { Ranking } from './ranking.js';

/** Takes the best ones. */
export class MaxScorePicker implements Picker {
  constructor(
    private readonly ranking: Ranking,
    private readonly count: number,
  ) {}

  pick(request: InferenceRequest, endpoints: Endpoints, totals: Float64Array): Endpoints {
    return this.ranking.best(endpoints, totals, this.count, peerEndpoint(request));
  }
}

export const maxScorePicker = definePlugin({
  type: 'max-score-picker',
  kinds: ['picker'],
  summary:
    'Takes the endpoints with the highest totals; of equal ones that with fewer requests in flight, and of these any.',
  parameters: PICK_COUNT,
  create: ({ maxNumOfEndpoints }, tools) =>
    new MaxScorePicker(new Ranking(() => tools.random()), maxNumOfEndpoints),
});

import type { InferenceRequest } from '../inference-request.js';
import type { Endpoints, Picker } from '../plugin.js';
import { definePlugin } from '../plugin-definition.js';
import { PICK_COUNT } from './pick-count.js';
import { Ranking } from './ranking.js';

/** Takes any, whatever their totals. */
export class RandomPicker implements Picker {
  constructor(
    private readonly ranking: Ranking,
    private readonly count: number,
  ) {}

  pick(_request: InferenceRequest, endpoints: Endpoints): Endpoints {
    return this.ranking.any(endpoints, this.count);
  }
}

export const randomPicker = definePlugin({
  type: 'random-picker',
  kinds: ['picker'],
  summary: 'Takes any endpoints, whatever their totals.',
  parameters: PICK_COUNT,
  create: ({ maxNumOfEndpoints }, tools) =>
    new RandomPicker(new Ranking(() => tools.random()), maxNumOfEndpoints),
});

import { definePlugin } from '../plugin-definition.js';
import type { Endpoints, Scorer } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import { NO_PARAMETERS } from './no-parameters.js';
import { unit } from './unit.js';

/** Emptier caches first: `1 − kvUsage`. */
export class KvCacheUtilizationScorer implements Scorer {
  score(_request: InferenceRequest, endpoints: Endpoints, scores: Float64Array): void {
    for (let i = 0; i < endpoints.length; i++) scores[i] = unit(1 - endpoints[i]!.state.kvUsage);
  }
}

export const kvCacheUtilizationScorer = definePlugin({
  type: 'kv-cache-utilization-scorer',
  kinds: ['scorer'],
  summary: 'Prefers empty KV caches: 1 − the part that is used.',
  parameters: NO_PARAMETERS,
  create: () => new KvCacheUtilizationScorer(),
});

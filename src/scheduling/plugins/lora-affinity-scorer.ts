import { definePlugin } from '../plugin-definition.js';
import type { Endpoints, Scorer } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import type { LoraState } from '../server-state.js';
import { NO_PARAMETERS } from './no-parameters.js';

/** Those first that have the adapter loaded; then those that can load one, or are about to. */
export class LoraAffinityScorer implements Scorer {
  score({ targetModel }: InferenceRequest, endpoints: Endpoints, scores: Float64Array): void {
    for (let i = 0; i < endpoints.length; i++) {
      scores[i] = affinity(targetModel, endpoints[i]!.state.lora);
    }
  }
}

function affinity(adapter: string, { running, waiting, max }: LoraState): number {
  if (running.has(adapter)) return 1;
  if (running.size + waiting.size < max) return 0.8;
  return waiting.has(adapter) ? 0.6 : 0;
}

export const loraAffinityScorer = definePlugin({
  type: 'lora-affinity-scorer',
  kinds: ['scorer'],
  summary:
    'Prefers servers that have the adapter: 1 where it is loaded, 0.8 where there is room for one, 0.6 where it waits to be loaded, else 0.',
  parameters: NO_PARAMETERS,
  create: () => new LoraAffinityScorer(),
});

import { definePlugin } from '../plugin-definition.js';
import type { Endpoints, Scorer } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';
import { scoreLowestFirst } from './lowest-first.js';
import { NO_PARAMETERS } from './no-parameters.js';

const waiting = ({ state }: ScheduledEndpoint): number => state.waiting;

/** Shorter queues first: `(max − waiting) / (max − min)`. */
export class QueueScorer implements Scorer {
  score(_request: InferenceRequest, endpoints: Endpoints, scores: Float64Array): void {
    scoreLowestFirst(endpoints, scores, waiting);
  }
}

export const queueScorer = definePlugin({
  type: 'queue-scorer',
  kinds: ['scorer'],
  summary:
    'Prefers short queues: (max − waiting) / (max − min) over the candidates; 1 for all where all are the same.',
  parameters: NO_PARAMETERS,
  create: () => new QueueScorer(),
});

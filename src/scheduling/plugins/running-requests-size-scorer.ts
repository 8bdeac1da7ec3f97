import { definePlugin } from '../plugin-definition.js';
import type { Endpoints, Scorer } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';
import { scoreLowestFirst } from './lowest-first.js';
import { NO_PARAMETERS } from './no-parameters.js';

const running = ({ state }: ScheduledEndpoint): number => state.running;

/** Fewer running requests first: `(max − running) / (max − min)`. */
export class RunningRequestsSizeScorer implements Scorer {
  score(_request: InferenceRequest, endpoints: Endpoints, scores: Float64Array): void {
    scoreLowestFirst(endpoints, scores, running);
  }
}

export const runningRequestsSizeScorer = definePlugin({
  type: 'running-requests-size-scorer',
  kinds: ['scorer'],
  summary:
    'Prefers servers that work on few requests: (max − running) / (max − min) over the candidates; 1 for all where all are the same.',
  parameters: NO_PARAMETERS,
  create: () => new RunningRequestsSizeScorer(),
});

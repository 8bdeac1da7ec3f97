import { definePlugin } from '../plugin-definition.js';
import type { Endpoints, Scorer } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import { SessionAffinity } from './session-affinity.js';
import { SESSION_AFFINITY_PARAMETERS } from './session-parameters.js';
import { neededSessionProducers, sessionProducers } from './session-id.js';

/** The server that had the session first. */
export class SessionAffinityScorer extends SessionAffinity implements Scorer {
  score(request: InferenceRequest, endpoints: Endpoints, scores: Float64Array): void {
    scores.fill(0, 0, endpoints.length);
    const index = this.strategy.find(request, endpoints);
    if (index >= 0) scores[index] = 1;
  }
}

export const sessionAffinityScorer = definePlugin({
  type: 'session-affinity-scorer',
  kinds: ['scorer'],
  summary: 'Prefers the server that had the session: 1, others 0.',
  parameters: SESSION_AFFINITY_PARAMETERS,
  references: sessionProducers,
  needs: neededSessionProducers,
  create: (parameters, tools) => new SessionAffinityScorer(parameters, tools),
});

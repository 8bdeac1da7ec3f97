import { definePlugin } from '../plugin-definition.js';
import type { Endpoints, Filter } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import { SessionAffinity } from './session-affinity.js';
import { SESSION_AFFINITY_PARAMETERS } from './session-parameters.js';
import { neededSessionProducers, sessionProducers } from './session-id.js';

/** Keeps to the server that had the session, as long as it is a candidate. */
export class SessionAffinityFilter extends SessionAffinity implements Filter {
  filter(request: InferenceRequest, endpoints: Endpoints): Endpoints {
    const index = this.strategy.find(request, endpoints);
    return index < 0 || endpoints.length === 1 ? endpoints : [endpoints[index]!];
  }
}

export const sessionAffinityFilter = definePlugin({
  type: 'session-affinity-filter',
  kinds: ['filter'],
  summary:
    'Keeps the server that had the session alone, as long as it is a candidate; else all of them.',
  parameters: SESSION_AFFINITY_PARAMETERS,
  references: sessionProducers,
  needs: neededSessionProducers,
  create: (parameters, tools) => new SessionAffinityFilter(parameters, tools),
});

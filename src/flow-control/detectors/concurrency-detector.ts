import * as z from 'zod';
import type { InferenceRequest } from '../../scheduling/inference-request.js';
import type { Endpoints } from '../../scheduling/plugin.js';
import { definePlugin } from '../../scheduling/plugin-definition.js';
import type { ScheduledEndpoint } from '../../scheduling/scheduled-endpoint.js';
import { roleOf } from '../roles.js';
import type { PendingLoad, SaturationDetector } from '../saturation-detector.js';
import { keep } from '../../scheduling/keep.js';

export interface ConcurrencyLimits {
  readonly mode: 'requests' | 'tokens' | 'hybrid';
  /** Requests that an endpoint is to have in flight at most. */
  readonly requests: number;
  /** Their tokens. */
  readonly tokens: number;
  /** The same for endpoints of certain roles. */
  readonly tokensByRole: ReadonlyMap<string, number>;
  /** As a filter, so much more may an endpoint have. */
  readonly headroom: number;
  /** As a filter, leaves none where all are full; else all. */
  readonly failClosed?: boolean;
}

/** Full by what was sent to servers and has not ended: known at once, whatever the servers tell of themselves. */
export class ConcurrencyDetector implements SaturationDetector {
  /** Counters follow in the turn in which a request ends. */
  readonly lag = 10;
  readonly saturates = true;
  private readonly mayStay = (endpoint: ScheduledEndpoint): boolean => this.hasRoom(endpoint);

  constructor(private readonly limits: ConcurrencyLimits) {}

  saturation(endpoints: Endpoints, pending?: PendingLoad): number {
    const { mode } = this.limits;
    let requests = pending?.requests ?? 0;
    let tokens = pending?.tokens ?? 0;
    let mostTokens = 0;
    let worst = 0;
    for (let at = 0; at < endpoints.length; at++) {
      const endpoint = endpoints[at]!;
      const limit = this.tokenLimit(endpoint);
      requests += endpoint.inFlight;
      tokens += endpoint.inFlightTokens;
      mostTokens += limit;
      worst += Math.max(endpoint.inFlight / this.limits.requests, endpoint.inFlightTokens / limit);
    }
    const byRequests = requests / (this.limits.requests * endpoints.length);
    const byTokens = tokens / mostTokens;
    if (mode === 'requests') return byRequests;
    if (mode === 'tokens') return byTokens;
    // An endpoint may be full of requests and another of tokens: then neither sum shows it.
    return Math.max(byRequests, byTokens, worst / endpoints.length);
  }

  filter(_request: InferenceRequest, endpoints: Endpoints): Endpoints {
    const rest = keep(endpoints, this.mayStay);
    return rest.length > 0 || this.limits.failClosed ? rest : endpoints;
  }

  private hasRoom(endpoint: ScheduledEndpoint): boolean {
    const { mode, requests, headroom } = this.limits;
    const more = 1 + headroom;
    if (mode !== 'tokens' && endpoint.inFlight >= requests * more) return false;
    return mode === 'requests' || endpoint.inFlightTokens < this.tokenLimit(endpoint) * more;
  }

  private tokenLimit(endpoint: ScheduledEndpoint): number {
    const { tokens, tokensByRole } = this.limits;
    if (tokensByRole.size === 0) return tokens;
    return tokensByRole.get(roleOf(endpoint) ?? '') ?? tokens;
  }
}

const limit = z.int().min(1);

/** https://llm-d.ai/docs/architecture/core/router/epp/flow-control */
export const concurrencyDetector = definePlugin({
  type: 'concurrency-detector',
  kinds: ['saturation-detector', 'filter'],
  summary: 'Says by what is in flight how full servers are; as a filter, leaves out full ones.',
  parameters: z.strictObject({
    concurrencyMode: z
      .enum(['requests', 'tokens', 'hybrid'])
      .default('requests')
      .describe('What is counted; hybrid counts both.'),
    maxConcurrency: limit.default(100).describe('Requests of a full endpoint.'),
    maxTokenConcurrency: limit.default(1_000_000).describe('Tokens of a full endpoint.'),
    maxTokenConcurrencyByRole: z
      .record(z.string(), limit)
      .default({})
      .describe('The same for endpoints with that value of the label llm-d.ai/role.'),
    headroom: z
      .number()
      .min(0)
      .default(0)
      .describe('As a filter, how much more than full an endpoint may be: 0.2 is 20 %.'),
    failOpen: z
      .boolean()
      .default(true)
      .describe('As a filter, leave all endpoints where all are full; false answers 429.'),
    inFlightLoadProducerName: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Taken from other pickers. What is in flight is counted with any producer or none.',
      ),
  }),
  references: ({ inFlightLoadProducerName: name }) => (name === undefined ? [] : [name]),
  create: (parameters) =>
    new ConcurrencyDetector({
      mode: parameters.concurrencyMode,
      requests: parameters.maxConcurrency,
      tokens: parameters.maxTokenConcurrency,
      tokensByRole: new Map(Object.entries(parameters.maxTokenConcurrencyByRole)),
      headroom: parameters.headroom,
      failClosed: !parameters.failOpen,
    }),
});

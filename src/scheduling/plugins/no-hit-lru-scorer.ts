import * as z from 'zod';
import { definePlugin } from '../plugin-definition.js';
import type { Endpoints, LifecycleListener, Scorer } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import { APPROXIMATE_PREFIX_PRODUCER, prefixMatch } from '../prefix-match.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';
import type { SchedulingResult } from '../scheduling-result.js';
import { namedProducers, neededProducers, producerName } from './producer-names.js';

export interface NoHitLruOptions {
  /** Under which the scorer notes that a request is cold. */
  readonly name: string;
  /** Name of the plugin that leaves the match. */
  readonly producer: string;
  /** Endpoints that are remembered; at least 1. */
  readonly size: number;
}

/** What is remembered of an endpoint that got a cold request. */
interface Use {
  /** The scoring that met it last. */
  scoring: number;
  /** Among those that this scoring met, from the one that was used longest ago. */
  rank: number;
}

/** The profile whose endpoint grows its cache too. */
const PREFILL = 'prefill';
const COLD = Symbol('cold');

/**
 * Spreads requests that no cache holds anything of, since they are what makes caches grow: those first that got none yet,
 * then those that got one longest ago.
 */
export class NoHitLruScorer implements Scorer, LifecycleListener {
  /** Used longest ago first. */
  private readonly uses = new Map<ScheduledEndpoint, Use>();
  private scorings = 0;

  constructor(private readonly options: NoHitLruOptions) {}

  score(request: InferenceRequest, endpoints: Endpoints, scores: Float64Array): void {
    if (!this.isCold(request, endpoints)) {
      request.attributes.delete(this.options.name);
      scores.fill(0.5, 0, endpoints.length);
      return;
    }
    request.attributes.set(this.options.name, COLD);
    const unused = this.meet(endpoints);
    const last = endpoints.length - 1;
    let rankOfUnused = 0;
    for (let i = 0; i < endpoints.length; i++) {
      const use = this.uses.get(endpoints[i]!);
      const rank = use ? unused + use.rank : rankOfUnused++;
      scores[i] = last > 0 ? 1 - rank / last : 1;
    }
  }

  decided(request: InferenceRequest, { endpoints, profiles }: SchedulingResult): void {
    if (request.attributes.get(this.options.name) !== COLD) return;
    this.use(endpoints[0]);
    const prefiller = profiles.get(PREFILL)?.[0];
    if (prefiller) this.use(prefiller);
  }

  removed(endpoint: ScheduledEndpoint): void {
    this.uses.delete(endpoint);
  }

  private isCold(request: InferenceRequest, endpoints: Endpoints): boolean {
    const match = prefixMatch(request, this.options.producer);
    if (!match) return true;
    for (let i = 0; i < endpoints.length; i++) {
      if (match.matchedBlocks(endpoints[i]!) > 0) return false;
    }
    return true;
  }

  /** Ranks those of the endpoints that were used. @returns how many were not */
  private meet(endpoints: Endpoints): number {
    const scoring = ++this.scorings;
    let unused = 0;
    for (let i = 0; i < endpoints.length; i++) {
      const use = this.uses.get(endpoints[i]!);
      if (use) use.scoring = scoring;
      else unused++;
    }
    if (unused === endpoints.length) return unused;
    let rank = 0;
    for (const use of this.uses.values()) if (use.scoring === scoring) use.rank = rank++;
    return unused;
  }

  private use(endpoint: ScheduledEndpoint): void {
    const use = this.uses.get(endpoint) ?? { scoring: 0, rank: 0 };
    this.uses.delete(endpoint);
    this.uses.set(endpoint, use);
    if (this.uses.size <= this.options.size) return;
    for (const oldest of this.uses.keys()) {
      this.uses.delete(oldest);
      return;
    }
  }
}

const IGNORED = 'Older versions have it; it is taken and does nothing.';

export const noHitLruScorer = definePlugin({
  type: 'no-hit-lru-scorer',
  kinds: ['scorer'],
  summary:
    'Spreads requests that no cache holds anything of: 1 for servers that got none yet, down to 0 for the one that got the last; 0.5 for all where a cache holds something.',
  parameters: z.strictObject({
    lruSize: z
      .int()
      .default(1024)
      .describe('Servers that are remembered; below 1 it is the default.'),
    prefixMatchInfoProducerName: producerName(APPROXIMATE_PREFIX_PRODUCER),
    prefixPluginType: z.string().optional().describe(IGNORED),
    prefixPluginName: z.string().optional().describe(IGNORED),
  }),
  references: ({ prefixMatchInfoProducerName: name }) =>
    namedProducers(name, APPROXIMATE_PREFIX_PRODUCER),
  needs: ({ prefixMatchInfoProducerName: name }) =>
    neededProducers(name, APPROXIMATE_PREFIX_PRODUCER),
  create: ({ lruSize, prefixMatchInfoProducerName: producer }, { name }) =>
    new NoHitLruScorer({ name, producer, size: lruSize >= 1 ? lruSize : 1024 }),
});

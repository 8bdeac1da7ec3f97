import * as z from 'zod';
import { definePlugin, type PluginTools } from '../plugin-definition.js';
import type { Endpoints, Filter } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import { APPROXIMATE_PREFIX_PRODUCER, matchRatio, prefixMatch } from '../prefix-match.js';
import {
  IN_FLIGHT_PRODUCER_NAME,
  namedProducers,
  neededProducers,
  producerName,
} from './producer-names.js';

export interface PrefixCacheAffinityOptions {
  /** Name of the plugin that leaves the match. */
  readonly producer: string;
  /** The part of the prompt that a cache must hold, from 0 to 1; 0 or less turns the filter off. */
  readonly threshold: number;
  /** How often the filter lets all pass, from 0 to 1, so that other caches get to know the prompt. */
  readonly exploration: number;
  /** Milliseconds that the first token may come later for the sake of the cache; 0 for any. */
  readonly maxPenalty: number;
  /** Tokens a second that a server prefills; above 0 where there is a penalty. */
  readonly throughput: number;
}

/**
 * Keeps to the servers whose caches hold nearly all of the prompt, unless these have so much to do that others would be
 * sooner done without it.
 */
export class PrefixCacheAffinityFilter implements Filter {
  constructor(
    private readonly options: PrefixCacheAffinityOptions,
    private readonly tools: Pick<PluginTools, 'random'>,
  ) {}

  filter(request: InferenceRequest, endpoints: Endpoints): Endpoints {
    const { threshold, exploration, producer } = this.options;
    if (endpoints.length <= 1 || threshold <= 0) return endpoints;
    if (exploration > 0 && this.tools.random() < exploration) return endpoints;
    const match = prefixMatch(request, producer);
    if (!match) return endpoints;
    const holders = endpoints.filter((endpoint) => matchRatio(match, endpoint) >= threshold);
    if (holders.length === 0 || holders.length === endpoints.length) return endpoints;
    return this.areTooBusy(holders, endpoints) ? endpoints : holders;
  }

  /** Whether the first token of the best of them comes too late. */
  private areTooBusy(holders: Endpoints, endpoints: Endpoints): boolean {
    const { maxPenalty, throughput } = this.options;
    if (maxPenalty === 0) return false;
    // Where the least of all is less than that of the holders, somebody else has it.
    const penalty = leastTokens(holders) - leastTokens(endpoints);
    return (penalty / throughput) * 1000 > maxPenalty;
  }
}

function leastTokens(endpoints: Endpoints): number {
  let least = Infinity;
  for (let i = 0; i < endpoints.length; i++) {
    least = Math.min(least, endpoints[i]!.inFlightTokens);
  }
  return least;
}

export const prefixCacheAffinityFilter = definePlugin({
  type: 'prefix-cache-affinity-filter',
  kinds: ['filter'],
  summary:
    'Keeps servers whose KV cache holds at least affinityThreshold of the prompt; all where none does, or where these are too busy.',
  parameters: z
    .strictObject({
      affinityThreshold: z
        .number()
        .max(1)
        .default(0.8)
        .describe('The part of the prompt that a cache must hold; 0 turns the filter off.'),
      explorationProbability: z
        .number()
        .min(0)
        .max(1)
        .default(0)
        .describe('How often all servers are kept, so that other caches get to know the prompt.'),
      maxTTFTPenaltyMs: z
        .number()
        .min(0)
        .default(18_000)
        .describe(
          'Milliseconds that the first token may come later than elsewhere (tokens in flight / peakPrefillThroughput × 1000); 0 for any.',
        ),
      ttftSource: z
        .literal('prefillThroughput')
        .default('prefillThroughput')
        .describe('Where that time comes from; there is no latency predictor.'),
      peakPrefillThroughput: z
        .number()
        .min(0)
        .default(15_928)
        .describe('Tokens a second that a server prefills.'),
      prefixMatchInfoProducerName: producerName(APPROXIMATE_PREFIX_PRODUCER),
      inFlightLoadProducerName: IN_FLIGHT_PRODUCER_NAME,
    })
    .refine(
      ({ maxTTFTPenaltyMs, peakPrefillThroughput }) =>
        maxTTFTPenaltyMs === 0 || peakPrefillThroughput > 0,
      {
        path: ['peakPrefillThroughput'],
        error: 'must be above 0 where maxTTFTPenaltyMs is above 0',
      },
    ),
  references: ({ prefixMatchInfoProducerName: name }) =>
    namedProducers(name, APPROXIMATE_PREFIX_PRODUCER),
  needs: ({ prefixMatchInfoProducerName: name, maxTTFTPenaltyMs }) => [
    ...neededProducers(name, APPROXIMATE_PREFIX_PRODUCER),
    ...(maxTTFTPenaltyMs > 0 ? ['inflight-load-producer'] : []),
  ],
  create: (parameters, tools) =>
    new PrefixCacheAffinityFilter(
      {
        producer: parameters.prefixMatchInfoProducerName,
        threshold: parameters.affinityThreshold,
        exploration: parameters.explorationProbability,
        maxPenalty: parameters.maxTTFTPenaltyMs,
        throughput: parameters.peakPrefillThroughput,
      },
      tools,
    ),
});

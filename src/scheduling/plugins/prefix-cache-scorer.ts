import * as z from 'zod';
import { definePlugin } from '../plugin-definition.js';
import type { Endpoints, Scorer } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import { APPROXIMATE_PREFIX_PRODUCER, prefixMatch } from '../prefix-match.js';
import { namedProducers, neededProducers, producerName } from './producer-names.js';
import { unit } from './unit.js';

export interface PrefixCacheScorerOptions {
  /** Name of the plugin that leaves the match. */
  readonly producer: string;
  /** From 0 to 1: how much the length counts, and not the part. */
  readonly matchLengthWeight: number;
  /** Cached tokens from which a longer match is worth no more; above 0. */
  readonly matchLengthScaleTokens: number;
}

/**
 * Those first whose caches hold more of the prompt. The length counts by its square, as attention does: to compute again
 * what is missing of a long prompt costs more than of a short one.
 */
export class PrefixCacheScorer implements Scorer {
  constructor(private readonly options: PrefixCacheScorerOptions) {}

  score(request: InferenceRequest, endpoints: Endpoints, scores: Float64Array): void {
    const { producer, matchLengthWeight, matchLengthScaleTokens } = this.options;
    const match = prefixMatch(request, producer);
    if (!match) {
      scores.fill(0, 0, endpoints.length);
      return;
    }
    const lengthOfBlock = match.blockSize / matchLengthScaleTokens;
    for (let i = 0; i < endpoints.length; i++) {
      const blocks = match.matchedBlocks(endpoints[i]!);
      const length = unit(blocks * lengthOfBlock);
      const ratio = unit(blocks / match.totalBlocks);
      scores[i] = matchLengthWeight * length * length + (1 - matchLengthWeight) * ratio;
    }
  }
}

export const prefixCacheScorer = definePlugin({
  type: 'prefix-cache-scorer',
  kinds: ['scorer'],
  summary:
    'Prefers servers that hold the beginning of the prompt in their KV cache: w × min(1, matched tokens / scale)² + (1 − w) × matched blocks / blocks.',
  parameters: z.strictObject({
    prefixMatchInfoProducerName: producerName(APPROXIMATE_PREFIX_PRODUCER),
    matchLengthWeight: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe('w: how much the length of the match counts, and not the part of the prompt.'),
    matchLengthScaleTokens: z
      .int()
      .min(1)
      .default(8192)
      .describe('scale: matched tokens from which more are worth no more.'),
  }),
  references: ({ prefixMatchInfoProducerName: name }) =>
    namedProducers(name, APPROXIMATE_PREFIX_PRODUCER),
  needs: ({ prefixMatchInfoProducerName: name }) =>
    neededProducers(name, APPROXIMATE_PREFIX_PRODUCER),
  create: ({ prefixMatchInfoProducerName: producer, ...lengths }) =>
    new PrefixCacheScorer({ producer, ...lengths }),
});

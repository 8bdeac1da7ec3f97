import * as z from 'zod';
import { definePlugin } from '../plugin-definition.js';
import type { Endpoints, Scorer } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import { IN_FLIGHT_PRODUCER_NAME } from './producer-names.js';
import { unit } from './unit.js';

/** 128 requests of 32 Ki tokens. */
const DEFAULT_THRESHOLD = 4_194_304;

/** Fewer tokens in flight first: 1 down to 0 at the threshold. */
export class TokenLoadScorer implements Scorer {
  /** @param threshold tokens in flight at which the score is 0; above 0 */
  constructor(private readonly threshold: number) {}

  score(_request: InferenceRequest, endpoints: Endpoints, scores: Float64Array): void {
    const { threshold } = this;
    for (let i = 0; i < endpoints.length; i++) {
      scores[i] = unit(1 - endpoints[i]!.inFlightTokens / threshold);
    }
  }
}

export const tokenLoadScorer = definePlugin({
  type: 'token-load-scorer',
  kinds: ['scorer'],
  summary: 'Prefers servers with few tokens in flight: 1 − min(1, tokens / queueThresholdTokens).',
  parameters: z.strictObject({
    queueThresholdTokens: z
      .int()
      .default(DEFAULT_THRESHOLD)
      .describe('Tokens in flight at which the score is 0; below 1 it is the default.'),
    inFlightLoadProducerName: IN_FLIGHT_PRODUCER_NAME,
  }),
  needs: () => ['inflight-load-producer'],
  create: ({ queueThresholdTokens: threshold }) =>
    new TokenLoadScorer(threshold >= 1 ? threshold : DEFAULT_THRESHOLD),
});

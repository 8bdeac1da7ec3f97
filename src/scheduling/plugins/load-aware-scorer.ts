import * as z from 'zod';
import { definePlugin } from '../plugin-definition.js';
import type { Endpoints, Scorer } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import { unit } from './unit.js';

const DEFAULT_THRESHOLD = 128;
/** Of an empty queue: it does not prove that there is room. */
const BEST = 0.5;

/** Shorter queues first, on a scale that does not depend on the other candidates: 0.5 down to 0 at the threshold. */
export class LoadAwareScorer implements Scorer {
  /** @param threshold waiting requests at which the score is 0; above 0 */
  constructor(private readonly threshold: number) {}

  score(_request: InferenceRequest, endpoints: Endpoints, scores: Float64Array): void {
    const { threshold } = this;
    for (let i = 0; i < endpoints.length; i++) {
      scores[i] = BEST * unit(1 - endpoints[i]!.state.waiting / threshold);
    }
  }
}

export const loadAwareScorer = definePlugin({
  type: 'load-aware-scorer',
  kinds: ['scorer'],
  summary: 'Prefers short queues: 0.5 × (1 − waiting / threshold), 0 from the threshold on.',
  parameters: z.strictObject({
    threshold: z
      .int()
      .default(DEFAULT_THRESHOLD)
      .describe('Waiting requests at which the score is 0; below 1 it is the default.'),
  }),
  create: ({ threshold }) => new LoadAwareScorer(threshold >= 1 ? threshold : DEFAULT_THRESHOLD),
});

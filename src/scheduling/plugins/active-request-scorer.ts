import * as z from 'zod';
import { definePlugin } from '../plugin-definition.js';
import type { Endpoints, Scorer } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import { IN_FLIGHT_PRODUCER_NAME } from './producer-names.js';

/** Fewer requests in flight first; who has few enough counts as idle. */
export class ActiveRequestScorer implements Scorer {
  /**
   * @param idleThreshold requests in flight up to which the score is 1
   * @param maxBusyScore from 0 to 1: what is above the threshold gets less than this
   */
  constructor(
    private readonly idleThreshold: number,
    private readonly maxBusyScore: number,
  ) {}

  score(_request: InferenceRequest, endpoints: Endpoints, scores: Float64Array): void {
    let most = 0;
    for (let i = 0; i < endpoints.length; i++) {
      const { inFlight } = endpoints[i]!;
      scores[i] = inFlight;
      if (inFlight > most) most = inFlight;
    }
    for (let i = 0; i < endpoints.length; i++) {
      const inFlight = scores[i]!;
      const isIdle = !(inFlight > this.idleThreshold);
      scores[i] = isIdle ? 1 : ((most - inFlight) / most) * this.maxBusyScore;
    }
  }
}

export const activeRequestScorer = definePlugin({
  type: 'active-request-scorer',
  kinds: ['scorer'],
  summary:
    'Prefers servers with few requests in flight: 1 up to idleThreshold, else (max − n) / max × maxBusyScore.',
  parameters: z.strictObject({
    idleThreshold: z
      .int()
      .default(0)
      .describe('Requests in flight up to which a server counts as idle.'),
    maxBusyScore: z
      .number()
      .default(1)
      .describe('The most that a busy server gets; beyond 0 to 1 it is the default.'),
    requestTimeout: z
      .string()
      .optional()
      .describe('Older versions needed it; it is taken and does nothing.'),
    inFlightLoadProducerName: IN_FLIGHT_PRODUCER_NAME,
  }),
  create: ({ idleThreshold, maxBusyScore }, { logger, name }) => {
    const isScore = maxBusyScore >= 0 && maxBusyScore <= 1;
    if (!isScore) logger.warn(`${name}: maxBusyScore must be 0 to 1: 1 is taken`, { maxBusyScore });
    return new ActiveRequestScorer(Math.max(0, idleThreshold), isScore ? maxBusyScore : 1);
  },
});

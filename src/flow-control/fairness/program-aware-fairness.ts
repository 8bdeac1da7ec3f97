import * as z from 'zod';
import { definePlugin } from '../../scheduling/plugin-definition.js';
import type { FlowRequest } from '../admission.js';
import type { FairBand, FairnessPolicy } from '../fairness-policy.js';
import { estimatedTokens } from '../../scheduling/token-count.js';
import { LeastAttainedService } from './least-attained-service.js';
import { Programs } from './programs.js';
import { TurnPriority } from './turn-priority.js';

/** A token that is generated costs as much as so many that are read. */
const OUTPUT_WEIGHT = 2;

const weight = z.number().min(0);
const seconds = z.number().min(0);

const parameters = z.strictObject({
  strategy: z
    .enum(['las', 'turn-priority'])
    .default('las')
    .describe('las: who got the fewest tokens of late; turn-priority: who had the most turns.'),
  lasWeightService: weight.default(0.8).describe('Weight of how few tokens a flow got.'),
  lasWeightHeadWait: weight.default(0.2).describe('Weight of how long its first request waits.'),
  lasHalfLifeSeconds: seconds
    .default(60)
    .describe('Seconds in which tokens count half; 0: they count for ever.'),
  turnPriorityTimeWeight: weight.default(0.5).describe('Turns that a second of waiting is worth.'),
  turnPriorityInactivitySeconds: seconds
    .default(120)
    .describe('Seconds after which a flow begins anew; 0: never.'),
  evictionTtlSeconds: seconds
    .default(3600)
    .describe('Seconds after which an idle flow is forgotten.'),
  evictionSweepSeconds: z
    .number()
    .positive()
    .default(300)
    .describe('Seconds between looks for such flows.'),
});

type Parameters = z.infer<typeof parameters>;

/** Flows are programs: what all their requests got decides, not what each one is. */
export class ProgramAwareFairness implements FairnessPolicy {
  private readonly programs: Programs;

  constructor(
    private readonly parameters: Parameters,
    private readonly now: () => number,
  ) {
    const times = {
      halfLife: parameters.lasHalfLifeSeconds * 1000,
      keptFor: parameters.evictionTtlSeconds * 1000,
      lookEvery: parameters.evictionSweepSeconds * 1000,
    };
    this.programs = new Programs(times, now);
  }

  forBand(): FairBand {
    const { programs, now, parameters: given } = this;
    if (given.strategy === 'las') {
      const weights = { service: given.lasWeightService, headWait: given.lasWeightHeadWait };
      return new LeastAttainedService(programs, weights, now);
    }
    const timeWeight = given.turnPriorityTimeWeight;
    const inactivity = given.turnPriorityInactivitySeconds * 1000;
    return new TurnPriority(programs, { timeWeight, inactivity }, now);
  }

  /** What its prompt will cost counts at once: else a burst would go on before the first of it has ended. */
  dispatched({ fairnessId, bytes }: FlowRequest): void {
    this.programs.charge(fairnessId, estimatedTokens(bytes)).turns++;
  }

  finished({ fairnessId, bytes }: FlowRequest, inputTokens?: number, outputTokens = 0): void {
    const more = inputTokens === undefined ? 0 : inputTokens - estimatedTokens(bytes);
    const program = this.programs.charge(fairnessId, more + OUTPUT_WEIGHT * outputTokens);
    program.endedAt = this.now();
  }
}

export const programAwareFairness = definePlugin({
  type: 'program-aware-fairness',
  kinds: ['fairness-policy'],
  summary: 'Shares the pool among flows by the tokens that each got, or by the turns that it had.',
  parameters,
  create: (given, { now }) => new ProgramAwareFairness(given, now),
});

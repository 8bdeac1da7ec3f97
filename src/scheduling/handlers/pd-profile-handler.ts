import * as z from 'zod';
import type { InferenceRequest } from '../inference-request.js';
import type { ProfileOutcomes } from '../plugin.js';
import { APPROXIMATE_PREFIX_PRODUCER } from '../prefix-match.js';
import { definePlugin } from '../plugin-definition.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';
import { deciderOf } from './decider-of.js';
import { DecodeFirstHandler, type Stages } from './disagg-stages.js';
import { atPort, PRIMARY_PORT } from './primary-port.js';
import { DATA_PARALLEL_HEADER } from './stage-headers.js';
import { ThresholdDecider } from './threshold-decider.js';

/** As {@link DecodeFirstHandler}, for decoders whose ranks share the first one's port. */
export class RankedDecodeHandler extends DecodeFirstHandler {
  constructor(
    stages: Stages,
    private readonly primaryPort: number,
  ) {
    super(stages);
  }

  override headers(
    request: InferenceRequest,
    done: ProfileOutcomes,
  ): readonly (readonly [string, string])[] {
    const decoder = done.get(this.stages.decode)?.[0];
    const others = super.headers(request, done);
    return decoder ? [...others, [DATA_PARALLEL_HEADER, decoder.id]] : others;
  }

  destination({ id }: ScheduledEndpoint): string {
    return atPort(id, this.primaryPort);
  }
}

interface DeciderNames {
  readonly deciderPluginName?: string | undefined;
  readonly threshold?: number | undefined;
}

function hasThreshold({ deciderPluginName, threshold }: DeciderNames): boolean {
  return threshold !== undefined && deciderPluginName === undefined;
}

function deciderOfName({ deciderPluginName = 'prefix-based-pd-decider' }: DeciderNames): string {
  return deciderPluginName;
}

export const pdProfileHandler = definePlugin({
  type: 'pd-profile-handler',
  kinds: ['profile-handler'],
  summary: 'The old name of disagg-profile-handler without encoders.',
  parameters: z.strictObject({
    decodeProfile: z.string().min(1).default('decode').describe('The name of the profile.'),
    prefillProfile: z.string().min(1).default('prefill').describe('The name of the profile.'),
    deciderPluginName: z
      .string()
      .min(1)
      .optional()
      .describe(
        'The plugin that says whether prefill runs elsewhere; `prefix-based-pd-decider` unless there is a threshold.',
      ),
    threshold: z
      .int()
      .min(0)
      .optional()
      .describe('Prefill runs elsewhere where the decoder lacks so many characters of the prompt.'),
    hashBlockSize: z.int().optional().describe('Without effect.'),
    prefixPluginType: z.string().optional().describe('Without effect.'),
    prefixPluginName: z.string().optional().describe('Without effect.'),
    primaryPort: z
      .union([z.literal(0), PRIMARY_PORT])
      .default(0)
      .describe("The first rank's port, to which all requests go then; 0: to that picked."),
  }),
  references: (given) => (hasThreshold(given) ? [] : [deciderOfName(given)]),
  needs: (given) => (hasThreshold(given) && given.threshold ? [APPROXIMATE_PREFIX_PRODUCER] : []),
  create: (given, tools) => {
    const stages: Stages = {
      decode: given.decodeProfile,
      prefill: given.prefillProfile,
      encode: 'encode',
      prefillDecider: hasThreshold(given)
        ? new ThresholdDecider(given.threshold ?? 0)
        : deciderOf(tools, 'deciderPluginName', deciderOfName(given)),
      encodeDecider: undefined,
    };
    return given.primaryPort === 0
      ? new DecodeFirstHandler(stages)
      : new RankedDecodeHandler(stages, given.primaryPort);
  },
});

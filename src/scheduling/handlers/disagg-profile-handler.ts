import * as z from 'zod';
import { definePlugin } from '../plugin-definition.js';
import { deciderOf } from './decider-of.js';
import { DecodeFirstHandler, PrefillFirstHandler, type Stages } from './disagg-stages.js';

const NAME = z.string().min(1);

const OLD_NAMES = {
  decodeProfile: NAME.optional().describe('Old: profiles.decode.'),
  prefillProfile: NAME.optional().describe('Old: profiles.prefill.'),
  encodeProfile: NAME.optional().describe('Old: profiles.encode.'),
  prefillDeciderPluginName: NAME.optional().describe('Old: deciders.prefill.'),
  encodeDeciderPluginName: NAME.optional().describe('Old: deciders.encode.'),
  deciderPluginName: NAME.optional().describe('Old: deciders.prefill.'),
};

const PARAMETERS = z
  .strictObject({
    profiles: z
      .strictObject({
        decode: NAME.optional().describe('decode unless given.'),
        prefill: NAME.optional().describe('prefill unless given.'),
        encode: NAME.optional().describe('encode unless given.'),
      })
      .optional()
      .describe('The names of the profiles.'),
    deciders: z
      .strictObject({
        prefill: NAME.optional().describe('Of prefill.'),
        encode: NAME.optional().describe('Of encode.'),
      })
      .optional()
      .describe('Names of the plugins that say whether a stage runs; without one it never does.'),
    stageOrder: z
      .enum(['decode-first', 'prefill-first'])
      .default('decode-first')
      .describe('prefill-first: every request is prefilled first, no decider is asked.'),
    ...OLD_NAMES,
  })
  .superRefine((given, context) => {
    const old = Object.keys(OLD_NAMES).find((name) => name in given);
    if (old !== undefined && (given.profiles || given.deciders)) {
      const message = `${old} is the old name of a member of profiles or deciders: write it there`;
      context.addIssue({ code: 'custom', message });
    }
    if (given.stageOrder === 'prefill-first' && prefillDeciderOf(given) !== undefined) {
      const message = 'deciders.prefill has no say with stageOrder prefill-first: leave one out';
      context.addIssue({ code: 'custom', message });
    }
  });

type Parameters = z.output<typeof PARAMETERS>;

function prefillDeciderOf(given: Parameters): string | undefined {
  return given.deciders?.prefill ?? given.prefillDeciderPluginName ?? given.deciderPluginName;
}

function encodeDeciderOf(given: Parameters): string | undefined {
  return given.deciders?.encode ?? given.encodeDeciderPluginName;
}

export const disaggProfileHandler = definePlugin({
  type: 'disagg-profile-handler',
  kinds: ['profile-handler'],
  summary:
    'Picks a decoder, and where deciders say so a prefiller and encoders, whom its sidecar is told of in headers.',
  parameters: PARAMETERS,
  references: (given) =>
    [prefillDeciderOf(given), encodeDeciderOf(given)].filter((name) => name !== undefined),
  create: (given, tools) => {
    const stages: Stages = {
      decode: given.profiles?.decode ?? given.decodeProfile ?? 'decode',
      prefill: given.profiles?.prefill ?? given.prefillProfile ?? 'prefill',
      encode: given.profiles?.encode ?? given.encodeProfile ?? 'encode',
      prefillDecider: deciderOf(tools, 'deciders.prefill', prefillDeciderOf(given)),
      encodeDecider: deciderOf(tools, 'deciders.encode', encodeDeciderOf(given)),
    };
    return given.stageOrder === 'decode-first'
      ? new DecodeFirstHandler(stages)
      : new PrefillFirstHandler(stages);
  },
});

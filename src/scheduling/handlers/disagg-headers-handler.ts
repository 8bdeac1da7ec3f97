import * as z from 'zod';
import type { InferenceRequest } from '../inference-request.js';
import type { HeaderWriter, ProfileOutcomes } from '../plugin.js';
import { definePlugin } from '../plugin-definition.js';
import { stageHeaders } from './stage-headers.js';

/** Tells sidecars of prefiller and encoders where a handler does not. */
export class DisaggHeadersHandler implements HeaderWriter {
  constructor(
    private readonly prefillProfile: string,
    private readonly encodeProfile: string,
  ) {}

  headers(
    _request: InferenceRequest,
    done: ProfileOutcomes,
    primary: string,
  ): readonly (readonly [string, string])[] {
    return stageHeaders(done, this.prefillProfile, this.encodeProfile, primary);
  }
}

export const disaggHeadersHandler = definePlugin({
  type: 'disagg-headers-handler',
  aliases: ['prefill-header-handler'],
  kinds: ['header-writer'],
  summary: 'Old: disagg-profile-handler writes the headers of prefiller and encoders itself.',
  parameters: z.strictObject({
    prefillProfile: z.string().min(1).default('prefill').describe('The name of the profile.'),
    encodeProfile: z.string().min(1).default('encode').describe('The name of the profile.'),
  }),
  create: ({ prefillProfile, encodeProfile }) =>
    new DisaggHeadersHandler(prefillProfile, encodeProfile),
});

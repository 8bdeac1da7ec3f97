import * as z from 'zod';
import type { InferenceRequest } from '../inference-request.js';
import type { ProfileHandler, ProfileOutcomes } from '../plugin.js';
import { definePlugin } from '../plugin-definition.js';

/** Runs the one profile that there is. */
export class SingleProfileHandler implements ProfileHandler {
  next(
    _request: InferenceRequest,
    profiles: readonly string[],
    done: ProfileOutcomes,
  ): string | undefined {
    return done.size === 0 ? profiles[0] : undefined;
  }

  primary(profiles: readonly string[]): string | undefined {
    return profiles[0];
  }

  mistakeIn(profiles: readonly string[]): string | undefined {
    return profiles.length === 1
      ? undefined
      : `it runs one profile, there are ${profiles.length}: ${profiles.join(', ')}; leave out all but one, or use disagg-profile-handler or header-profile-handler`;
  }
}

export const singleProfileHandler = definePlugin({
  type: 'single-profile-handler',
  kinds: ['profile-handler'],
  summary: 'Runs the one profile that there is.',
  parameters: z.strictObject({}),
  create: () => new SingleProfileHandler(),
});

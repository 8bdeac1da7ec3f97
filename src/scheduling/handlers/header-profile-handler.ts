import * as z from 'zod';
import type { InferenceRequest } from '../inference-request.js';
import type { ProfileHandler, ProfileOutcomes } from '../plugin.js';
import { definePlugin } from '../plugin-definition.js';

/**
 * Runs the profile that a header of the request names: for callers that ask once for each stage. With one profile
 * there is nothing to choose, and it runs whatever the header says.
 */
export class HeaderProfileHandler implements ProfileHandler {
  private readonly headerName: string;

  constructor(
    headerName: string,
    private readonly defaultProfile: string,
  ) {
    this.headerName = headerName.toLowerCase();
  }

  next(
    request: InferenceRequest,
    profiles: readonly string[],
    done: ProfileOutcomes,
  ): string | undefined {
    if (done.size > 0) return undefined;
    if (profiles.length === 1) return profiles[0];
    const wanted = this.wantedBy(request) || this.defaultProfile;
    return profiles.includes(wanted) ? wanted : undefined;
  }

  primary(_profiles: readonly string[], done: ProfileOutcomes): string | undefined {
    for (const name of done.keys()) return name;
    return undefined;
  }

  refusal(request: InferenceRequest, profiles: readonly string[]): string | undefined {
    const wanted = this.wantedBy(request);
    return wanted && !profiles.includes(wanted)
      ? `The header ${this.headerName} names the profile ${JSON.stringify(wanted)}; there is ${profiles.join(', ')}.`
      : undefined;
  }

  mistakeIn(profiles: readonly string[]): string | undefined {
    return profiles.length === 1 || profiles.includes(this.defaultProfile)
      ? undefined
      : `its defaultProfile "${this.defaultProfile}" is not among the profiles ${profiles.join(', ')}`;
  }

  private wantedBy(request: InferenceRequest): string {
    return request.headers.get(this.headerName)?.trim() ?? '';
  }
}

export const headerProfileHandler = definePlugin({
  type: 'header-profile-handler',
  kinds: ['profile-handler'],
  summary: 'Runs the profile that a header of the request names.',
  parameters: z.strictObject({
    headerName: z.string().min(1).default('EPP-Profile').describe('The header, in any case.'),
    defaultProfile: z
      .string()
      .min(1)
      .default('decode')
      .describe('The profile of requests without the header.'),
  }),
  create: ({ headerName, defaultProfile }) => new HeaderProfileHandler(headerName, defaultProfile),
});

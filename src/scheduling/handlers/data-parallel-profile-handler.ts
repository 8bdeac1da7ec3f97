import * as z from 'zod';
import type { InferenceRequest } from '../inference-request.js';
import type { ProfileHandler, ProfileOutcomes } from '../plugin.js';
import { definePlugin } from '../plugin-definition.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';
import { atPort, PRIMARY_PORT } from './primary-port.js';
import { SingleProfileHandler } from './single-profile-handler.js';
import { DATA_PARALLEL_HEADER } from './stage-headers.js';

/**
 * Runs the one profile that there is; the request goes to the first rank's port, and a header tells the sidecar there
 * which rank was picked.
 */
export class DataParallelProfileHandler extends SingleProfileHandler implements ProfileHandler {
  constructor(private readonly primaryPort: number) {
    super();
  }

  headers(
    _request: InferenceRequest,
    done: ProfileOutcomes,
  ): readonly (readonly [string, string])[] {
    for (const picked of done.values()) if (picked) return [[DATA_PARALLEL_HEADER, picked[0]!.id]];
    return [];
  }

  destination({ id }: ScheduledEndpoint): string {
    return atPort(id, this.primaryPort);
  }
}

export const dataParallelProfileHandler = definePlugin({
  type: 'data-parallel-profile-handler',
  kinds: ['profile-handler'],
  summary:
    "Runs the one profile that there is; requests go to the first rank's port, a header names the rank. Old: sidecars listen on a port for each rank.",
  parameters: z.strictObject({
    primaryPort: PRIMARY_PORT.default(8000).describe("The first rank's port."),
  }),
  create: ({ primaryPort }) => new DataParallelProfileHandler(primaryPort),
});

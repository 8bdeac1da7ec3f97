import type { Endpoints, LifecycleListener } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';
import type { SchedulingResult } from '../scheduling-result.js';

/** How a session is known again. */
export interface SessionStrategy extends LifecycleListener {
  /** @returns the index of the endpoint that had the session; -1 where there is none, or it is no candidate */
  find(request: InferenceRequest, endpoints: Endpoints): number;
}

/** @param profile whose endpoint is meant; undefined for the one that the proxy is told */
export function endpointOf(
  { endpoints, profiles }: SchedulingResult,
  profile: string | undefined,
): ScheduledEndpoint | undefined {
  return profile === undefined ? endpoints[0] : profiles.get(profile)?.[0];
}

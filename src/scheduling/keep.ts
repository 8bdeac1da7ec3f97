import type { Endpoints } from './plugin.js';
import type { ScheduledEndpoint } from './scheduled-endpoint.js';

/**
 * Leaves out those that do not pass, and makes no array where all do.
 *
 * @param passes asked once for each endpoint, in their order
 * @returns those that pass, in their order; the same array where all do
 */
export function keep(
  endpoints: Endpoints,
  passes: (endpoint: ScheduledEndpoint) => boolean,
): Endpoints {
  const first = endpoints.findIndex((endpoint) => !passes(endpoint));
  if (first < 0) return endpoints;
  const kept = endpoints.slice(0, first);
  for (let i = first + 1; i < endpoints.length; i++) {
    if (passes(endpoints[i]!)) kept.push(endpoints[i]!);
  }
  return kept;
}

import type { Endpoints } from '../../scheduling/plugin.js';
import type { ScheduledEndpoint } from '../../scheduling/scheduled-endpoint.js';

/** @returns the endpoints that may stay; the same array where all may */
export function kept(
  endpoints: Endpoints,
  mayStay: (endpoint: ScheduledEndpoint) => boolean,
): Endpoints {
  const first = endpoints.findIndex((endpoint) => !mayStay(endpoint));
  if (first < 0) return endpoints;
  const rest = endpoints.slice(0, first);
  for (let at = first + 1; at < endpoints.length; at++) {
    const endpoint = endpoints[at]!;
    if (mayStay(endpoint)) rest.push(endpoint);
  }
  return rest;
}

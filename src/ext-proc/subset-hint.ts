import type { ProcessingRequest } from './processing-request.js';

/** Where a proxy names the endpoints that a request may go to: the endpoint picker protocol, "Endpoint subset". */
const SUBSET = ['envoy.lb.subset_hint', 'x-gateway-destination-endpoint-subset'] as const;

/**
 * @returns the endpoints as `ip:port`, none where the hint names none; undefined where there is no hint
 */
export function subsetOf(message: ProcessingRequest): readonly string[] | undefined {
  const value = message.metadata(...SUBSET);
  if (value === undefined) return undefined;
  const items = Array.isArray(value) ? value : [value];
  return items
    .flatMap((item) => (typeof item === 'string' ? item.split(',') : []))
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

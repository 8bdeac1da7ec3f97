import { parseEndpointUrl } from '../endpoint/endpoint-url.js';
import type { EndpointSpec } from '../fleet/endpoint.js';
import { isForbiddenTarget } from '../fleet/forbidden-target.js';

/** @returns what is said of a worker that was found at that URL, or why none can be there */
export function foundSpec(
  source: 'flags' | 'file' | 'kubernetes' | 'announced',
  url: string,
  more: Partial<EndpointSpec> = {},
): EndpointSpec | string {
  const address = parseEndpointUrl(url);
  if (typeof address === 'string') return address;
  if (isForbiddenTarget(address.target)) {
    return `${address.url} is a link-local, unspecified, multicast or metadata address: no worker is there`;
  }
  return { role: 'regular', priority: 50, cost: 1, labels: {}, ...more, source, address };
}

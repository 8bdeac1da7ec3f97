import { parseEndpointUrl } from '../../src/endpoint/endpoint-url.js';
import type { EndpointSpec } from '../../src/fleet/endpoint.js';

/** @returns what flags say of a worker, with changes */
export function specAt(url: string, more: Partial<EndpointSpec> = {}): EndpointSpec {
  const address = parseEndpointUrl(url);
  if (typeof address === 'string') throw new Error(address);
  return { role: 'regular', source: 'flags', priority: 50, cost: 1, labels: {}, ...more, address };
}

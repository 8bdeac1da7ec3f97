import { requestJson } from '../endpoint/json-request.js';
import type { Endpoint } from './endpoint.js';

/**
 * Asks an endpoint something about itself, with its own key.
 *
 * @param path behind that of its URL; begins with a slash
 * @returns and throws what `requestJson` does
 */
export function askEndpoint(
  { spec, origin }: Endpoint,
  path: string,
  signal: AbortSignal,
): Promise<unknown> {
  const { address, apiKey } = spec;
  const { host, port } = address.target;
  return requestJson({ host, port, tls: origin.tls, apiKey }, address.path + path, signal);
}

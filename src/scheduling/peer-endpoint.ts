import type { InferenceRequest } from './inference-request.js';
import type { ScheduledEndpoint } from './scheduled-endpoint.js';

/** Attribute of a request whose decode server was picked, while that of its prefill is: the handler of profiles sets it. */
export const PEER_ENDPOINT = 'peer-endpoint';

/** @returns the server that this request will exchange its KV cache with; undefined before one was picked */
export function peerEndpoint({ attributes }: InferenceRequest): ScheduledEndpoint | undefined {
  return attributes.get(PEER_ENDPOINT) as ScheduledEndpoint | undefined;
}

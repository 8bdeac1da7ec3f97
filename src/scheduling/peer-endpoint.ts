import type { InferenceRequest } from './inference-request.js';
import type { ScheduledEndpoint } from './scheduled-endpoint.js';

/** Attribute of a request of which one of decode and prefill was picked, while the other is: the handler of profiles sets it. */
export const PEER_ENDPOINT = 'peer-endpoint';

/** @returns the server that this request will exchange its KV cache with; undefined before one was picked */
export function peerEndpoint({ attributes }: InferenceRequest): ScheduledEndpoint | undefined {
  return attributes.get(PEER_ENDPOINT) as ScheduledEndpoint | undefined;
}

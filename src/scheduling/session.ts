import type { InferenceRequest } from './inference-request.js';
import type { ScheduledEndpoint } from './scheduled-endpoint.js';

/** The producer that says which session a request belongs to, unless a configuration names another one. */
export const SESSION_PRODUCER = 'session-id-producer';

/** What is known of the session of a request. Its producer leaves it in `request.attributes` under its name. */
export interface SessionBinding {
  readonly id: string;
  /** Where its last request went, as long as that is there and remembered. */
  readonly endpoint: ScheduledEndpoint | undefined;
}

/**
 * @param producer name of the plugin that was to leave it
 * @returns undefined where the request names no session
 */
export function sessionBinding(
  request: InferenceRequest,
  producer = SESSION_PRODUCER,
): SessionBinding | undefined {
  return request.attributes.get(producer) as SessionBinding | undefined;
}

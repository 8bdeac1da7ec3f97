import type { InferenceRequest } from './inference-request.js';

/** The producer that says which session a request belongs to, unless a configuration names another one. */
export const SESSION_PRODUCER = 'session-id-producer';

/** The session of a request. Its producer leaves it in `request.attributes` under its name, and under its type. */
export interface RequestSession {
  /** As the client spells it; never empty. */
  readonly id: string;
}

/**
 * @param producer name of the plugin that was to leave it
 * @returns undefined where the request names no session
 */
export function sessionOf(
  request: InferenceRequest,
  producer = SESSION_PRODUCER,
): RequestSession | undefined {
  return request.attributes.get(producer) as RequestSession | undefined;
}

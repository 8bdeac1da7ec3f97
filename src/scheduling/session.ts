/** The producer that says which session a request belongs to, unless a configuration names another one. */
export const SESSION_PRODUCER = 'session-id-producer';

/** The session of a request. Producers leave it in `request.attributes` under their name. */
export interface RequestSession {
  /** As the client spells it; never empty. */
  readonly id: string;
}

import type { RequestFeatures } from '../policy.js';
import { hashText } from '../structures/hash.js';

/** What makes requests belong together. */
export interface RoutingKey {
  readonly hash: number;
  /** The request names its session; otherwise its text stands for one. */
  readonly isSession: boolean;
}

/** @returns undefined for a request that has neither a session nor a text, such as a list of models */
export function routingKeyOf({ sessionKey, text }: RequestFeatures): RoutingKey | undefined {
  if (sessionKey !== undefined && sessionKey !== '') {
    return { hash: hashText(sessionKey), isSession: true };
  }
  return text === '' ? undefined : { hash: hashText(text), isSession: false };
}

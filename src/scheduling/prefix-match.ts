import type { InferenceRequest } from './inference-request.js';
import type { ScheduledEndpoint } from './scheduled-endpoint.js';

/** The producer whose match is looked at unless a configuration names another one. */
export const APPROXIMATE_PREFIX_PRODUCER = 'approx-prefix-cache-producer';
/** The producer that goes by the KV events of model servers. */
export const PRECISE_PREFIX_PRODUCER = 'precise-prefix-cache-producer';

/** How much of a prompt the caches of endpoints hold. Producers leave it in `request.attributes` under their name. */
export interface PrefixMatch {
  /** @returns leading blocks of the prompt that its cache holds, from 0 to {@link totalBlocks} */
  matchedBlocks(endpoint: ScheduledEndpoint): number;
  /** Blocks of the prompt; 0 where there is none. */
  readonly totalBlocks: number;
  /** Tokens of a block. */
  readonly blockSize: number;
}

/**
 * Leaves what a producer found out under its name, and, for plugins that name no producer, under its type, where no other
 * one of that type did.
 */
export function leavePrefixMatch(
  { attributes }: InferenceRequest,
  name: string,
  type: string,
  match: PrefixMatch,
): void {
  attributes.set(name, match);
  if (name !== type && !attributes.has(type)) attributes.set(type, match);
}

/**
 * @param producer name of the plugin that was to leave it
 * @returns undefined where the producer left nothing, or the prompt has not one block
 */
export function prefixMatch(request: InferenceRequest, producer: string): PrefixMatch | undefined {
  const match = request.attributes.get(producer) as PrefixMatch | undefined;
  return match !== undefined && match.totalBlocks > 0 ? match : undefined;
}

/** @returns the part of the prompt that its cache holds, from 0 to 1 */
export function matchRatio(match: PrefixMatch, endpoint: ScheduledEndpoint): number {
  return match.matchedBlocks(endpoint) / match.totalBlocks;
}

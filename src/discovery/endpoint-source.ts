import type { EndpointSpec } from '../fleet/endpoint.js';

/** A model server that a source has found. */
export interface FoundEndpoint {
  readonly spec: EndpointSpec;
  /** Another one at the same URL is another server, whose cache is empty. */
  readonly identity: string;
  /** False: it is there, with all that it has in its cache, and is to get no requests for now. */
  readonly usable: boolean;
}

/**
 * Says which model servers there are, always all of them: who misses one telling has lost nothing once the next one
 * comes.
 */
export interface EndpointSource {
  readonly name: 'flags' | 'file' | 'kubernetes' | 'announced';
  /** When what was told was last known to be so: `performance.now()`; undefined before it was read for the first time. */
  readonly provedAt: number | undefined;
  /**
   * Returns at once.
   *
   * @param publish gets the whole set, no URL twice: when it was read, when it changed, and every now and then
   */
  start(publish: (found: readonly FoundEndpoint[]) => void): void;
  /** At once and for good. */
  stop(): void;
}

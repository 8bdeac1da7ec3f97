import type { ScheduledEndpoint } from './scheduled-endpoint.js';

/** What a filter did, for whoever asks for the reasons. */
export interface FilterRecord {
  /** Its name in the configuration. */
  readonly plugin: string;
  /** Ids of the endpoints that it left out. */
  readonly dropped: readonly string[];
}

/** How a profile came to its endpoints, for whoever asks for the reasons. */
export interface ProfileRecord {
  /** Ids of the endpoints that it began with. */
  readonly candidates: readonly string[];
  readonly filters: readonly FilterRecord[];
  /** By endpoint, by the name of the scorer: 0 to 1 before the weight; `total` is the sum after it. */
  readonly scores: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Ids of the endpoints that it picked, the first choice first; empty where its filters left none. */
  readonly picked: readonly string[];
}

/** Where a request goes. */
export interface SchedulingResult {
  /** At least one, the first choice first. */
  readonly endpoints: readonly [ScheduledEndpoint, ...ScheduledEndpoint[]];
  /** What the proxy is told instead of their ids; undefined where it is told these. */
  readonly destinations: readonly string[] | undefined;
  /** By profile the endpoints that it picked; a profile that picked none is not there. */
  readonly profiles: ReadonlyMap<string, readonly ScheduledEndpoint[]>;
  /** Headers for the model server or its sidecar. */
  readonly headers: readonly (readonly [string, string])[];
  /** By profile; undefined unless the request wants to be explained. */
  readonly records: ReadonlyMap<string, ProfileRecord> | undefined;
}

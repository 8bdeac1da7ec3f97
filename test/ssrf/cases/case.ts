/** How a sidecar is configured for a case. */
export interface CaseConfig {
  /** Default true. */
  readonly ssrf?: boolean;
  /** `pool`: --ssrf-check-ports. */
  readonly portPolicy?: 'any' | 'pool';
  /** Placeholders; default both of the rig. */
  readonly targetPorts?: readonly string[];
  readonly prefillerTls?: boolean;
  /** Further flags. */
  readonly flags?: readonly string[];
}

/** What must come of a case. */
export interface Expected {
  readonly status: number;
  /** Statuses that are as good. */
  readonly alsoOk?: readonly number[];
  /** `host:port` of the only prefiller that may get the request. */
  readonly prefillAt?: string;
  /** Whether the decoder gets it when the status is {@link status}; default: when that is 200. */
  readonly decoderCalled?: boolean;
  /** How often prefillers are asked; default: not looked at, beside {@link prefillAt}. */
  readonly prefills?: number;
  /** DNS queries that it costs; default: not looked at. */
  readonly dnsQueries?: number;
}

/** One request and what must come of it; texts hold placeholders such as `{A}:{P}`. */
export interface SsrfCase {
  readonly id: string;
  /** The rule that it shows, or the group it stands in. */
  readonly rule: string;
  readonly why: string;
  readonly method?: string;
  /** The request-target. */
  readonly path?: string;
  readonly body?: string;
  /** Header lines as they go out, in UTF-8. */
  readonly lines: readonly string[];
  readonly config?: CaseConfig;
  /** A name in `setups.ts`: what happens before the request. Such a case has a cluster of its own. */
  readonly setup?: string;
  readonly expect: Expected;
}

/** The header that chooses the prefiller. */
export const HEADER = 'x-prefiller-host-port';

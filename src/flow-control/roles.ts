import type { Endpoints } from '../scheduling/plugin.js';
import type { ScheduledEndpoint } from '../scheduling/scheduled-endpoint.js';

const ROLE_LABEL = 'llm-d.ai/role';

const PREFILL_ROLES: ReadonlySet<string> = new Set([
  'prefill',
  'encode-prefill',
  'prefill-decode',
  'both',
  'encode-prefill-decode',
]);

/** Roles that do no decoding; any other label, or none, does. */
const NO_DECODE_ROLES: ReadonlySet<string> = new Set(['prefill', 'encode-prefill', 'encode']);

/** Endpoints by what they do for a request. One that prefills and decodes is in both; one that only encodes is in none. */
export interface Stages {
  readonly prefill: Endpoints;
  readonly decode: Endpoints;
}

/** @returns the value of its label `llm-d.ai/role` */
export function roleOf({ labels }: ScheduledEndpoint): string | undefined {
  return labels[ROLE_LABEL];
}

/** @returns the stages; an array that is all of the endpoints is the same one */
export function stagesOf(endpoints: Endpoints): Stages {
  const prefill = endpoints.filter((endpoint) => PREFILL_ROLES.has(roleOf(endpoint) ?? ''));
  const decode = endpoints.filter((endpoint) => !NO_DECODE_ROLES.has(roleOf(endpoint) ?? ''));
  return {
    prefill,
    decode: decode.length === endpoints.length ? endpoints : decode,
  };
}

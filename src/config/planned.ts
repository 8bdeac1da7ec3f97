import { LOGGING_FLAGS, plannedFlag } from './inert.js';
import { boolean, text } from './kinds.js';
import type { InertFlag } from './setting.js';

/**
 * Flags of parts that this version does not have. What asks for such a part is an error; what only describes it is ignored. A part that arrives moves its flags from here to
 * `sidecar.settings.ts`. None of them stands in `--help`.
 */
export const PLANNED_FLAGS: readonly InertFlag[] = [
  plannedFlag('enable-speculative-prefill', boolean(), false),
  // TLS for metrics.
  plannedFlag('metrics-cert-dir', text(), ''),
  ...LOGGING_FLAGS,
];

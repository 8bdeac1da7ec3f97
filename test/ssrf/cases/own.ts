import type { SsrfCase } from './case.js';
import { LIFECYCLE_CASES } from './own-lifecycle.js';
import { REQUEST_CASES } from './own-requests.js';
import { TARGET_CASES } from './own-targets.js';

/** Our own cases, by the rules of docs/ssrf.md. */
export const OWN_CASES: readonly SsrfCase[] = [
  ...TARGET_CASES,
  ...REQUEST_CASES,
  ...LIFECYCLE_CASES,
];

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

/** What a quick run plays of the cases that need a cluster and a sidecar of their own. */
const QUICK_SETUPS: readonly string[] = [
  'API hangs',
  'pod B is deleted',
  'pod B is deleted while the watch is down',
  'the prefiller answers 302',
  'the selector becomes empty',
];

export const QUICK_CASES: readonly SsrfCase[] = OWN_CASES.filter(
  ({ setup }) => setup === undefined || QUICK_SETUPS.includes(setup),
);

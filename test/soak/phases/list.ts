import { ABORTS_PHASE } from './aborts.js';
import { BREAKER } from './breaker.js';
import { DRAIN } from './drain.js';
import { FIDELITY } from './fidelity.js';
import { MEMORY } from './memory.js';
import { MIXED } from './mixed.js';
import type { Phase } from './phase.js';
import { STALE } from './stale.js';
import { STREAMING } from './streaming.js';
import { TRUNCATION } from './truncation.js';

/** All phases in the order in which they run. */
export const PHASES: readonly Phase[] = [
  FIDELITY,
  STALE,
  STREAMING,
  MEMORY,
  TRUNCATION,
  ABORTS_PHASE,
  BREAKER,
  DRAIN,
  MIXED,
];

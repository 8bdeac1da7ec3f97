import { MIXED } from './mixed.js';
import type { Phase } from './phase.js';

/** All phases in the order in which they run. */
export const PHASES: readonly Phase[] = [MIXED];

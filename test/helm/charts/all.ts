import type { ChartCases } from '../chart-cases.js';
import { ROUTER } from './tandem-router.js';
import { SIDECAR } from './tandem-sidecar.js';
import { STANDALONE } from './tandem-standalone.js';

/** Every chart that is installed by itself. */
export const CHARTS: readonly ChartCases[] = [ROUTER, SIDECAR, STANDALONE];

import type { ChartCases } from '../chart-cases.js';
import { GATEWAY } from './tandem-gateway.js';
import { ROUTER } from './tandem-router.js';
import { EMBEDDING } from './embedding.js';
import { SIDECAR } from './tandem-sidecar.js';
import { STANDALONE } from './tandem-standalone.js';

/** Every chart that is installed by itself. */
export const CHARTS: readonly ChartCases[] = [GATEWAY, ROUTER, SIDECAR, EMBEDDING, STANDALONE];

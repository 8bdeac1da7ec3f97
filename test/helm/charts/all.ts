import type { ChartCases } from '../chart-cases.js';
import { SIDECAR } from './tandem-sidecar.js';

/** Every chart that is installed by itself. */
export const CHARTS: readonly ChartCases[] = [SIDECAR];

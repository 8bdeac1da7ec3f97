import type { ChartCases } from '../chart-cases.js';
import { GOOD } from './sidecar/good.js';
import { MOVED } from './sidecar/moved.js';
import { REFUSED } from './sidecar/refused.js';

export const SIDECAR: ChartCases = {
  chart: 'tandem-sidecar',
  good: GOOD,
  refused: [...REFUSED, ...MOVED],
};

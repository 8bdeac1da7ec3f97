import type { PluginDefinition } from '../scheduling/plugin-definition.js';
import { concurrencyDetector } from './detectors/concurrency-detector.js';
import { utilizationDetector } from './detectors/utilization-detector.js';
import { globalStrictFairnessPolicy } from './fairness/global-strict-fairness-policy.js';
import { programAwareFairness } from './fairness/program-aware-fairness.js';
import { roundRobinFairnessPolicy } from './fairness/round-robin-fairness-policy.js';
import { edfOrderingPolicy } from './ordering/edf-ordering-policy.js';
import { fcfsOrderingPolicy } from './ordering/fcfs-ordering-policy.js';
import { sloDeadlineOrderingPolicy } from './ordering/slo-deadline-ordering-policy.js';
import { priorityHoldbackPolicy } from './usage-limits/priority-holdback-policy.js';
import { softReflectiveCeilingPolicy } from './usage-limits/soft-reflective-ceiling-policy.js';
import { staticUsageLimitPolicy } from './usage-limits/static-usage-limit-policy.js';

/** What says how full the pool is, and who goes first while it is. */
export const FLOW_PLUGINS: readonly PluginDefinition[] = [
  utilizationDetector,
  concurrencyDetector,
  globalStrictFairnessPolicy,
  roundRobinFairnessPolicy,
  programAwareFairness,
  fcfsOrderingPolicy,
  edfOrderingPolicy,
  sloDeadlineOrderingPolicy,
  staticUsageLimitPolicy,
  priorityHoldbackPolicy,
  softReflectiveCeilingPolicy,
];

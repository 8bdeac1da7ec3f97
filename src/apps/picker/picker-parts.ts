import type { Admission } from '../../flow-control/admission.js';
import type { DrainState } from '../../health/drain-state.js';
import type { Logger } from '../../logging/logger.js';
import type { PickerMetrics } from '../../metrics/picker.metrics.js';
import type { Tracing } from '../../tracing/tracing.js';
import type { PickerSetup } from '../../scheduling/picker-setup.js';
import type { Scheduler } from '../../scheduling/scheduler.js';
import type { PickerDiscovery } from './discovery/picker-discovery.js';
import type { PickerEndpoints } from './endpoints.js';
import type { PickerConfig } from './picker.settings.js';
import type { DecisionRing } from './seeing/decision-ring.js';
import type { RouteTable } from './seed/route-table.js';
import type { Serving } from './serving.js';

/** What is made before Nest starts, because starting and stopping need it too. */
export interface PickerParts {
  readonly config: PickerConfig;
  readonly serving: Serving;
  readonly setup: PickerSetup;
  readonly scheduler: Scheduler;
  readonly endpoints: PickerEndpoints;
  readonly admission: Admission;
  readonly discovery: PickerDiscovery;
  /** Routes of the proxy and the models of hosts; undefined unless the command line is that of the seed. */
  readonly routes: RouteTable | undefined;
  readonly metrics: PickerMetrics;
  /** The last decisions with their reasons. */
  readonly decisions: DecisionRing;
  readonly tracing: Tracing;
  readonly drain: DrainState;
  readonly logger: Logger;
}

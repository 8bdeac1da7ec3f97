import { parseTarget } from '../../endpoint/target.js';
import type { Admission } from '../../flow-control/admission.js';
import type { Logger } from '../../logging/logger.js';
import type { PickerMetrics } from '../../metrics/picker.metrics.js';
import type { PickerSetup } from '../../scheduling/picker-setup.js';
import { readDataSources } from '../../server-metrics/data-sources.js';
import { ServerMetrics } from '../../server-metrics/server-metrics.js';
import type { PickerEndpoint } from './endpoint.js';
import type { PickerEndpoints } from './endpoints.js';
import type { PickerConfig } from './picker.settings.js';

export interface ServerMetricsParts {
  readonly setup: PickerSetup;
  readonly config: PickerConfig;
  readonly endpoints: PickerEndpoints;
  readonly admission: Admission;
  readonly metrics: PickerMetrics;
  readonly logger: Logger;
}

/**
 * Asks the endpoints for their metrics and models, as far as the configuration has sources of them.
 *
 * @returns undefined where it has none
 */
export function followServers(parts: ServerMetricsParts): ServerMetrics | undefined {
  const { setup, config, endpoints, admission, metrics, logger } = parts;
  const sources = readDataSources(setup.dataSources);
  if (!sources.metrics && !sources.models) return undefined;
  const polls = new ServerMetrics({
    ...{ sources, logger },
    interval: config.refreshMetricsInterval,
    staleness: config.metricsStalenessThreshold,
    modelsChanged: (id, models) => endpoints.serves(id, models),
  });
  metrics.pollErrors = () => polls.pollErrors;
  polls.onRead(() => admission.stateChanged());
  endpoints.listen({
    added: (endpoint) => polls.add(metered(endpoint)),
    left: ({ id }) => polls.remove(id),
  });
  return polls;
}

function metered({
  id,
  metricsHost,
  labels,
  state,
}: PickerEndpoint): Parameters<ServerMetrics['add']>[0] {
  const { host, port } = parseTarget(metricsHost)!;
  return { id, host, port, labels, state };
}

import { FileDiscovery } from '../../../discovery/file-discovery.js';
import type { Fleet } from '../../../fleet/fleet.js';
import type { Logger } from '../../../logging/logger.js';
import type { DiscoveryConfig } from '../settings/discovery.settings.js';
import { FileEndpoints, StaticEndpoints } from './local-discovery.js';
import { Objectives } from './objectives.js';
import type { PickerDiscovery } from './picker-discovery.js';
import { chooseSource, prioritiesOf } from './source-choice.js';

export interface DiscoveryOptions {
  readonly config: DiscoveryConfig;
  /** The plugin that the configuration's `dataLayer.discovery` names. */
  readonly plugin: object | undefined;
  readonly fleet: Fleet;
  readonly logger: Logger;
}

/**
 * Prepares what flags and configuration name; asks nobody, and Kubernetes never where they name a file or hosts.
 *
 * @throws ConfigError where they name nothing, or contradict each other
 */
export async function createDiscovery(options: DiscoveryOptions): Promise<PickerDiscovery> {
  const { config, plugin, fleet, logger } = options;
  const file = plugin instanceof FileDiscovery ? plugin : undefined;
  const choice = chooseSource(config, file !== undefined);
  const objectives = new Objectives(prioritiesOf(config.objectives));
  // Nobody probes them: who is named is ready.
  fleet.listen({ added: (endpoint) => (endpoint.status = 'ready') });
  if (choice.from === 'file' && config.endpointSelector) {
    logger.warn('--endpoint-selector selects nothing: a file names the endpoints', {
      file: file!.path,
    });
  }
  if (choice.from === 'file') return new FileEndpoints(file!, { fleet, logger, objectives });
  if (choice.from === 'hosts') {
    return new StaticEndpoints(choice.hosts, { fleet, logger, objectives });
  }
  // Only here: who does not ask the Kubernetes API does without its client.
  const { watchKubernetes } = await import('./watch-kubernetes.js');
  const { kubeconfig } = config;
  return watchKubernetes({ choice, kubeconfig, fleet, logger, objectives });
}

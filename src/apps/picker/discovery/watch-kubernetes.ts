import { ConfigError } from '../../../config/config-error.js';
import { PoolEndpoints } from '../../../discovery/pool-endpoints.js';
import type { Fleet } from '../../../fleet/fleet.js';
import { ClusterConfigError, loadCluster } from '../../../kubernetes/cluster.js';
import { InferencePoolWatcher } from '../../../kubernetes/inference-pool.watcher.js';
import type { Cluster } from '../../../kubernetes/object-mirror.js';
import { parseLabelSelector, SelectedPool } from '../../../kubernetes/selected-pool.js';
import type { WatchTimings } from '../../../kubernetes/watch-timings.js';
import type { Logger } from '../../../logging/logger.js';
import { KubernetesDiscovery, type KubernetesDiscoveryParts } from './kubernetes-discovery.js';
import { KubernetesObjects } from './kubernetes-objects.js';
import { ModelRewrites } from './model-rewrites.js';
import type { Objectives } from './objectives.js';
import type { SourceChoice } from './source-choice.js';

type PoolChoice = Extract<SourceChoice, { from: 'pool' }>;
type SelectorChoice = Extract<SourceChoice, { from: 'selector' }>;

export interface KubernetesOptions {
  readonly choice: PoolChoice | SelectorChoice;
  readonly kubeconfig: string | undefined;
  readonly fleet: Fleet;
  readonly logger: Logger;
  readonly objectives: Objectives;
  readonly timings?: Partial<WatchTimings>;
}

/**
 * Prepares to watch what the choice names; asks nobody.
 *
 * @throws ConfigError when it is not known where the Kubernetes API is, or a flag is wrong
 */
export async function watchKubernetes(options: KubernetesOptions): Promise<KubernetesDiscovery> {
  const { choice, kubeconfig } = options;
  try {
    const cluster = await loadCluster(kubeconfig === undefined ? {} : { kubeconfig });
    const parts =
      choice.from === 'pool'
        ? ofPool(choice, cluster, options)
        : ofSelector(choice, cluster, options);
    return new KubernetesDiscovery(parts);
  } catch (error) {
    if (!(error instanceof ClusterConfigError)) throw error;
    const flag = choice.from === 'pool' ? '--pool-name' : '--endpoint-selector';
    throw new ConfigError(`${flag}: ${error.message}`);
  }
}

function ofPool(
  { pool: named, group, version }: PoolChoice,
  cluster: Cluster,
  options: KubernetesOptions,
): KubernetesDiscoveryParts {
  const { fleet, logger, objectives, timings = {} } = options;
  const { namespace, name } = named;
  const watched = { ...named, ...(group && { group }), ...(version && { version }) };
  const pool = new InferencePoolWatcher({
    ...{ pool: watched, cluster, logger, timings, isDetailed: true },
  });
  const rewrites = new ModelRewrites();
  const objects = new KubernetesObjects({
    ...{ cluster, namespace, logger, objectives, rewrites, timings },
    pool: { name, group },
  });
  const endpoints = new PoolEndpoints({ pool, namespace, fleet, logger });
  return { pool, endpoints, objectives, rewrites, objects };
}

function ofSelector(
  { namespace, selector: text, targetPorts }: SelectorChoice,
  cluster: Cluster,
  { fleet, logger, objectives, timings = {} }: KubernetesOptions,
): KubernetesDiscoveryParts {
  const selector = parseLabelSelector(text);
  if (typeof selector === 'string') throw new ConfigError(`--endpoint-selector: ${selector}`);
  const pool = new SelectedPool({ cluster, namespace, selector, targetPorts, logger, timings });
  const endpoints = new PoolEndpoints({ pool, namespace, fleet, logger });
  return { pool, endpoints, objectives, rewrites: new ModelRewrites(), objects: undefined };
}

import { ConfigError } from '../../config/config-error.js';
import type { SidecarConfig } from '../../config/sidecar.config.js';
import type { Spelling } from '../../config/spelling.js';
import { ClusterConfigError, loadCluster } from '../../kubernetes/cluster.js';
import {
  InferencePoolWatcher,
  type InferencePoolWatcherOptions,
} from '../../kubernetes/inference-pool.watcher.js';
import type { Logger } from '../../logging/logger.js';

/**
 * Begins to watch the InferencePool, where something needs it.
 *
 * @returns at once: the pool is read in the background; undefined where nothing needs it
 * @throws ConfigError when it is not known where the Kubernetes API is
 */
export async function watchPool(
  { inferencePool }: SidecarConfig,
  logger: Logger,
  spelled: Spelling,
): Promise<InferencePoolWatcher | undefined> {
  if (!inferencePool) return undefined;
  const { kubeconfig, ...pool } = inferencePool;
  const named = spelled(
    'kubeconfig',
    'enable-ssrf-protection',
    'prefiller-discovery',
    'prefiller-fallback',
  );
  const cluster = await loadCluster(kubeconfig === undefined ? {} : { kubeconfig }).catch(
    (error: unknown) => refuse(error, named),
  );
  const watcher = watcherOf({ pool, cluster, logger }, spelled('pool-group'));
  watcher.start();
  return watcher;
}

function watcherOf(options: InferencePoolWatcherOptions, named: string): InferencePoolWatcher {
  try {
    return new InferencePoolWatcher(options);
  } catch (error) {
    return refuse(error, named);
  }
}

function refuse(error: unknown, named: string): never {
  if (!(error instanceof ClusterConfigError)) throw error;
  throw new ConfigError(`${named}: ${error.message}`);
}

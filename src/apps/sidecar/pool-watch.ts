import { ConfigError } from '../../config/config-error.js';
import type { SidecarConfig } from '../../config/sidecar.config.js';
import type { Spelling } from '../../config/spelling.js';
import { ClusterConfigError, loadCluster } from '../../kubernetes/cluster.js';
import { InferencePoolWatcher } from '../../kubernetes/inference-pool.watcher.js';
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
  try {
    const cluster = await loadCluster(kubeconfig === undefined ? {} : { kubeconfig });
    const watcher = new InferencePoolWatcher({ pool, cluster, logger });
    watcher.start();
    return watcher;
  } catch (error) {
    if (!(error instanceof ClusterConfigError)) throw error;
    throw new ConfigError(`${spelled('kubeconfig', 'enable-ssrf-protection')}: ${error.message}`);
  }
}

import type { KubeConfig } from '@kubernetes/client-node';
import { readFile } from 'node:fs/promises';
import { ClusterConfigError } from '../cluster-config-error.js';

const ANONYMOUS = 'tandem-anonymous';

/**
 * Sees to it that a configuration can be used, and that the client library uses all of it.
 *
 * @param where names the configuration in messages
 * @throws ClusterConfigError when something is missing that the first request would miss
 */
export async function checkKubeconfig(config: KubeConfig, where: string): Promise<void> {
  const name = config.getCurrentContext();
  const context = config.getContextObject(name);
  if (!name) throw new ClusterConfigError(`${where} names no current-context: set one`);
  if (!context) throw new ClusterConfigError(`${where} has no context ${name}`);
  const cluster = config.getCluster(context.cluster);
  if (!cluster) throw new ClusterConfigError(`${where} has no cluster ${context.cluster}`);
  const url = URL.parse(cluster.server);
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw new ClusterConfigError(`${where}: server ${cluster.server} is no http or https URL`);
  }
  // The library refuses plain HTTP unless it is told not to verify what is not there.
  if (url.protocol === 'http:') Object.assign(cluster, { skipTLSVerify: true });
  if (context.user === undefined) {
    // Without a user it would leave out the CA as well.
    config.addUser({ name: ANONYMOUS });
    Object.assign(context, { user: ANONYMOUS });
  } else if (!config.getUser(context.user)) {
    throw new ClusterConfigError(`${where} has no user ${context.user}`);
  }
  await readFiles(config, where);
}

/** A file that is missing is missing at the start, not with the first request. */
async function readFiles(config: KubeConfig, where: string): Promise<void> {
  const { caFile } = config.getCurrentCluster()!;
  const { certFile, keyFile, authProvider } = config.getCurrentUser()!;
  const provider = authProvider as { config?: { tokenFile?: string } } | null | undefined;
  for (const file of [caFile, certFile, keyFile, provider?.config?.tokenFile]) {
    if (file == null) continue;
    await readFile(file).catch((error: NodeJS.ErrnoException) => {
      throw new ClusterConfigError(`${where}: ${file} cannot be read (${error.code})`);
    });
  }
}

import type { KubeConfig } from '@kubernetes/client-node';
import { readFile } from 'node:fs/promises';
import { Cluster } from './api/cluster-connection.js';
import { KubeconfigCredentials } from './api/kubeconfig-credentials.js';
import { loadKubeconfigFiles } from './api/kubeconfig-files.js';
import { ClusterConfigError } from './cluster-config-error.js';

export { ClusterConfigError };

/** Where the cluster's configuration is. */
export interface ClusterOptions {
  /** Path of a kubeconfig, or several as in KUBECONFIG; unset: the service account of the pod. */
  readonly kubeconfig?: string;
  /** Stands before the paths of the service account's files; for tests. */
  readonly root?: string;
}

/**
 * Finds out which cluster to talk to. Sends nothing.
 *
 * @throws ClusterConfigError when there is no configuration or it cannot be used; never falls back to some default
 */
export async function loadCluster(options: ClusterOptions): Promise<Cluster> {
  const { kubeconfig } = options;
  const load = async (): Promise<KubeConfig> => {
    const loaded =
      kubeconfig === undefined
        ? await inCluster(options.root ?? '')
        : await loadKubeconfigFiles(kubeconfig);
    return complete(loaded, kubeconfig);
  };
  const config = await load();
  const { server, skipTLSVerify } = config.getCurrentCluster()!;
  const credentials = new KubeconfigCredentials(config, load);
  const isTls = server.startsWith('https:');
  return new Cluster(new URL(server), credentials, isTls && skipTLSVerify);
}

async function inCluster(root: string): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromCluster(root);
  // The library writes what the environment lacks into the address.
  if (config.getCurrentCluster()!.server.includes('undefined')) {
    throw new ClusterConfigError(
      'no cluster: not in a pod (KUBERNETES_SERVICE_HOST is not set), and no kubeconfig is named: set KUBECONFIG',
    );
  }
  return config;
}

async function complete(config: KubeConfig, kubeconfig: string | undefined): Promise<KubeConfig> {
  const where = kubeconfig === undefined ? 'the service account' : `kubeconfig ${kubeconfig}`;
  const name = config.getCurrentContext();
  const context = config.getContextObject(name);
  if (!name || !context) {
    throw new ClusterConfigError(
      name ? `${where} has no context ${name}` : `${where} names no current-context: set one`,
    );
  }
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
  return config;
}

const ANONYMOUS = 'tandem-anonymous';

/** A file that is missing is missing at the start, not with the first request. */
async function readFiles(config: KubeConfig, where: string): Promise<void> {
  const cluster = config.getCurrentCluster()!;
  const user = config.getCurrentUser()!;
  const provider = user.authProvider as { config?: { tokenFile?: string } } | null | undefined;
  for (const file of [
    cluster.caFile,
    user.certFile,
    user.keyFile,
    provider?.config?.tokenFile,
  ].filter((path) => path !== undefined && path !== null)) {
    await readFile(file).catch((error: NodeJS.ErrnoException) => {
      const mend =
        file === provider?.config?.tokenFile && where === 'the service account'
          ? ': set automountServiceAccountToken, or KUBECONFIG'
          : '';
      throw new ClusterConfigError(`${where}: ${file} cannot be read (${error.code})${mend}`);
    });
  }
}

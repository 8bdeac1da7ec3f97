import type { KubeConfig } from '@kubernetes/client-node';
import { kubernetesService } from '../config/kubernetes-service.js';
import { Cluster } from './api/cluster-connection.js';
import { checkKubeconfig } from './api/kubeconfig-check.js';
import { KubeconfigCredentials } from './api/kubeconfig-credentials.js';
import { loadKubeconfigFiles } from './api/kubeconfig-files.js';
import { ServiceAccount } from './api/service-account.js';
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
export async function loadCluster({ kubeconfig, root }: ClusterOptions): Promise<Cluster> {
  return kubeconfig === undefined ? inCluster(root) : fromKubeconfig(kubeconfig);
}

async function inCluster(root: string | undefined): Promise<Cluster> {
  const server = kubernetesService();
  if (!server) {
    throw new ClusterConfigError(
      'no cluster: not in a pod (KUBERNETES_SERVICE_HOST is not set), and no kubeconfig is named: set KUBECONFIG',
    );
  }
  const account = new ServiceAccount(root);
  await account.check();
  return new Cluster(server, account);
}

async function fromKubeconfig(paths: string): Promise<Cluster> {
  const load = async (): Promise<KubeConfig> => {
    const config = await loadKubeconfigFiles(paths);
    await checkKubeconfig(config, `kubeconfig ${paths}`);
    return config;
  };
  const config = await load();
  const { server, skipTLSVerify } = config.getCurrentCluster()!;
  const isInsecure = server.startsWith('https:') && skipTLSVerify;
  return new Cluster(new URL(server), new KubeconfigCredentials(config, load), isInsecure);
}

import { delimiter, join } from 'node:path';
import { isExecutable } from '../../support/is-executable.js';

/** The programs of a control plane. */
export interface Binaries {
  readonly etcd: string;
  readonly apiserver: string;
}

/**
 * Looks where `setup-envtest` and the controller-runtime libraries look: KUBEBUILDER_ASSETS, then
 * TEST_ASSET_KUBE_APISERVER and TEST_ASSET_ETCD, then PATH.
 *
 * @returns undefined when one of the two is nowhere
 */
export function findBinaries(
  env: Readonly<Record<string, string | undefined>>,
): Binaries | undefined {
  const folders = [env['KUBEBUILDER_ASSETS'], ...(env['PATH'] ?? '').split(delimiter)];
  const inFolder = (name: string): string[] =>
    folders.filter((folder) => folder).map((folder) => join(folder!, name));
  const find = (name: string, named: string | undefined): string | undefined => {
    const [assets, ...path] = inFolder(name);
    const first = env['KUBEBUILDER_ASSETS'] ? [assets!] : [];
    const rest = env['KUBEBUILDER_ASSETS'] ? path : inFolder(name);
    return [...first, ...(named ? [named] : []), ...rest].find(isExecutable);
  };
  const etcd = find('etcd', env['TEST_ASSET_ETCD']);
  const apiserver = find('kube-apiserver', env['TEST_ASSET_KUBE_APISERVER']);
  return etcd && apiserver ? { etcd, apiserver } : undefined;
}

import { ClusterConfigError } from './cluster-config-error.js';
import type { WatchedPool } from './inference-pool.js';

/** An API that serves InferencePools. */
export interface PoolApi {
  readonly group: string;
  readonly version: string;
}

/** The ones that are known, in the order in which they are asked. */
export const POOL_APIS: readonly PoolApi[] = [
  { group: 'inference.networking.k8s.io', version: 'v1' },
  { group: 'inference.networking.x-k8s.io', version: 'v1alpha2' },
  { group: 'inference.llm-d.ai', version: 'v1alpha1' },
];

/**
 * @returns the APIs in which a pool may be: the one that is named, else all that are known
 * @throws ClusterConfigError when a group is named that has no known version
 */
export function poolApis({ group, version }: WatchedPool): readonly PoolApi[] {
  if (group === undefined) {
    if (version === undefined) return POOL_APIS;
    const known = POOL_APIS.filter((api) => api.version === version);
    return known.length > 0 ? known : [{ group: POOL_APIS[0]!.group, version }];
  }
  const usual = version ?? POOL_APIS.find((api) => api.group === group)?.version;
  if (usual === undefined)
    throw new ClusterConfigError(`pool group ${group} needs a version too: set --pool-version`);
  return [{ group, version: usual }];
}

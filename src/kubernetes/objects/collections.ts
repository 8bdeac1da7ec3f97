import type { Collection } from '../api/collection.js';
import type { WatchedPool } from '../inference-pool.js';
import type { PoolApi } from '../pool-apis.js';

/** @returns the one pool, by its name: a Role with resourceNames is enough for it */
export function poolCollection({ group, version }: PoolApi, pool: WatchedPool): Collection {
  const namespace = encodeURIComponent(pool.namespace);
  return {
    ...{ group, resource: 'inferencepools', namespace: pool.namespace, object: pool.name },
    path: `/apis/${encodeURIComponent(group)}/${encodeURIComponent(version)}/namespaces/${namespace}/inferencepools`,
    query: { fieldSelector: `metadata.name=${pool.name}` },
  };
}

/** @param selector as a labelSelector has it @returns the pods of a namespace, or of all, that it selects */
export function podCollection(namespace: string | undefined, selector: string): Collection {
  const home = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return {
    ...{ group: '', resource: 'pods', namespace },
    path: `/api/v1${home}/pods`,
    query: { labelSelector: selector },
  };
}

/** A custom kind: `inferenceobjectives` of a group and its version. */
export interface CustomApi {
  readonly group: string;
  readonly version: string;
  /** Plural and in lower case. */
  readonly resource: string;
}

/** @returns all objects of the kind in a namespace */
export function customCollection(api: CustomApi, namespace: string): Collection {
  const { group, version, resource } = api;
  return {
    ...{ group, resource, namespace },
    path: `/apis/${group}/${version}/namespaces/${encodeURIComponent(namespace)}/${resource}`,
    query: {},
  };
}

import type { Values } from '../rig/helm.js';
import type { PlayedCluster } from './played-cluster.js';

export const ROUTE = { create: true, parentRefs: [{ name: 'gateway' }] };

/** @returns values for a release over pods with these labels, with a route */
export function valuesOf(cluster: PlayedCluster, matchLabels: object, others: Values): Values {
  const modelServers = { matchLabels, targetPorts: [cluster.port] };
  return { modelServers, httpRoute: ROUTE, ...others };
}

import { ALPHA, LLM_D, V1 } from '../../support/fake-apiserver-objects.js';
import type { User } from './api-under-test.js';

const POOL_VERSIONS = { [V1]: 'v1', [ALPHA]: 'v1alpha2' };

/** Definitions of InferencePools that take any spec: what the real ones refuse is to be met as well. */
export const POOL_DEFINITIONS = Object.entries(POOL_VERSIONS).map(([group, version]) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: `inferencepools.${group}`,
    annotations: { 'api-approved.kubernetes.io': 'unapproved, for tests alone' },
  },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural: 'inferencepools', singular: 'inferencepool', kind: 'InferencePool' },
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      },
    ],
  },
}));

const READ = ['get', 'list', 'watch'];

/** The Role that docs/kubernetes.md names. */
export function role(user: User) {
  const onlyOne = user === 'named' ? { resourceNames: ['pool'] } : {};
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: user },
    rules: [
      { apiGroups: [''], resources: ['pods'], verbs: READ },
      { apiGroups: [V1, ALPHA, LLM_D], resources: ['inferencepools'], verbs: READ, ...onlyOne },
    ],
  };
}

/** The ClusterRole of a router that finds workers in all namespaces. */
export const CLUSTER_ROLE = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'wide' },
  rules: [{ apiGroups: [''], resources: ['pods'], verbs: READ }],
};

export const CLUSTER_ROLE_BINDING = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'wide' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'wide' },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'wide' }],
};

export function roleBinding(user: User) {
  const apiGroup = 'rbac.authorization.k8s.io';
  return {
    apiVersion: `${apiGroup}/v1`,
    kind: 'RoleBinding',
    metadata: { name: user },
    roleRef: { apiGroup, kind: 'Role', name: user },
    subjects: [{ apiGroup, kind: 'User', name: user }],
  };
}

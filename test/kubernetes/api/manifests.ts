import { ALPHA, LLM_D, V1 } from '../../support/fake-apiserver-objects.js';
import { OBJECT_GROUP, OBJECT_KINDS, OBJECT_VERSION, type User } from './api-under-test.js';

const POOL_VERSIONS = { [V1]: 'v1', [ALPHA]: 'v1alpha2' };

/** A kind that takes any spec: what the real definitions refuse is to be met as well. */
function definition(group: string, version: string, kind: string) {
  const singular = kind.toLowerCase();
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${singular}s.${group}`,
      annotations: { 'api-approved.kubernetes.io': 'unapproved, for tests alone' },
    },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: `${singular}s`, singular, kind },
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
  };
}

export type Definition = ReturnType<typeof definition>;

export const POOL_DEFINITIONS = Object.entries(POOL_VERSIONS).map(([group, version]) =>
  definition(group, version, 'InferencePool'),
);

export const OBJECT_DEFINITIONS = Object.values(OBJECT_KINDS).map((kind) =>
  definition(OBJECT_GROUP, OBJECT_VERSION, kind),
);

const READ = ['list', 'watch'];

/** The Roles that docs/kubernetes.md names. */
export function role(user: User) {
  const onlyOne = user === 'named' ? { resourceNames: ['pool'] } : {};
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: user },
    rules: [
      { apiGroups: [''], resources: ['pods'], verbs: READ },
      { apiGroups: [V1, ALPHA, LLM_D], resources: ['inferencepools'], verbs: READ, ...onlyOne },
      ...(user === 'picker'
        ? [
            {
              apiGroups: [OBJECT_GROUP, ALPHA],
              resources: Object.keys(OBJECT_KINDS),
              verbs: READ,
            },
          ]
        : []),
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

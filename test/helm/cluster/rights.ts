import type { KubernetesObject } from '../rig/helm.js';

/** A rule of a Role or a ClusterRole. */
export interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

/** One verb on one resource: what can be taken away. */
export interface Right {
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
}

/** @returns whether rules stand in it */
export function isRole({ kind }: KubernetesObject): boolean {
  return kind === 'Role' || kind === 'ClusterRole';
}

export function rulesOf(role: KubernetesObject): readonly Rule[] {
  return (role['rules'] ?? []) as readonly Rule[];
}

/** @returns all rights that rules give, one for each verb on each resource of each group */
export function rightsOf(rules: readonly Rule[]): Right[] {
  return rules.flatMap(({ apiGroups = [], resources = [], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => ({ group, resource, verb }))),
    ),
  );
}

/** @returns the same role without that right */
export function without(role: KubernetesObject, right: Right): KubernetesObject {
  const rules = rulesOf(role).flatMap((rule) => {
    if (!rule.apiGroups || !rule.resources) return [rule];
    return rightsOf([rule])
      .filter((one) => textOf(one) !== textOf(right))
      .map(({ group, resource, verb }) => ({
        ...rule,
        apiGroups: [group],
        resources: [resource],
        verbs: [verb],
      }));
  });
  return { ...role, rules };
}

/** @returns `watch inferencepools.inference.networking.k8s.io` */
export function textOf({ group, resource, verb }: Right): string {
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}`;
}

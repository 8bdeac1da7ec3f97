/** What a request asks for. */
export interface Subject {
  /** `""` is that of pods. */
  readonly group: string;
  /** Plural and in lower case. */
  readonly resource: string;
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  /** Of the one object that is asked for; left out: all. */
  readonly object?: string;
}

/** What the authorizer is asked for. */
export interface Right extends Subject {
  readonly verb: 'list' | 'watch';
}

/** @returns `pods`, or `inferencepools.GROUP`: as kubectl names it */
export function resourceOf({ group, resource }: Subject): string {
  return group === '' ? resource : `${resource}.${group}`;
}

/** Names that a shell takes as they are. */
const USER = /\bUser "([\w:.@/-]{1,253})"/;

/** What the authorizer adds: `RBAC: role.rbac.authorization.k8s.io "x" not found`, of a binding to a role that is not there. */
const CAUSE = /\bRBAC: [^\n]{1,300}/;

/**
 * Says which right is missing, to whom, and how to grant and check it.
 *
 * @param text what the server says: of the user and the cause it alone knows
 * @returns one line
 */
export function missingRight(right: Right, text: string): string {
  const { verb, group, resource, namespace, object } = right;
  const named = resourceOf(right) + (object === undefined ? '' : `/${object}`);
  const user = USER.exec(text)?.[1];
  const [cause] = CAUSE.exec(text) ?? [];
  const [where, role, flag] =
    namespace === undefined
      ? ['all namespaces', 'ClusterRole', '--all-namespaces']
      : [`namespace ${namespace}`, 'Role of that namespace', `-n ${namespace}`];
  const check = `kubectl auth can-i ${verb} ${named} ${flag}${user === undefined ? '' : ` --as ${user}`}`;
  return (
    `forbidden (403): ${user ?? 'the user'} may not ${verb} ${named} in ${where}` +
    `${cause === undefined ? '' : ` (${cause})`}: grant ${verb} on resource ${resource} of API group "${group}" in a ${role}; check it with: ${check}`
  );
}

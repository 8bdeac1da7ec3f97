import { describe, expect, it } from '@jest/globals';
import { missingRight, type Right } from './right.js';

const POOL: Right = {
  verb: 'watch',
  group: 'inference.networking.k8s.io',
  resource: 'inferencepools',
  namespace: 'demo',
  object: 'my-pool',
};
const PODS: Right = { verb: 'list', group: '', resource: 'pods', namespace: 'demo' };
const ACCOUNT = 'system:serviceaccount:demo:tandem';

describe(missingRight.name, () => {
  it('names verb, resource, API group, namespace and account, and says how to grant it', () => {
    const text = `inferencepools.inference.networking.k8s.io "my-pool" is forbidden: User "${ACCOUNT}" cannot watch resource "inferencepools" in API group "inference.networking.k8s.io" in the namespace "demo"`;
    expect(missingRight(POOL, text)).toBe(
      `forbidden (403): ${ACCOUNT} may not watch inferencepools.inference.networking.k8s.io/my-pool in namespace demo: grant watch on resource inferencepools of API group "inference.networking.k8s.io" in a Role of that namespace; check it with: kubectl auth can-i watch inferencepools.inference.networking.k8s.io/my-pool -n demo --as ${ACCOUNT}`,
    );
  });

  it('asks for a ClusterRole where all namespaces are read', () => {
    const text = `pods is forbidden: User "${ACCOUNT}" cannot list resource "pods" in API group "" at the cluster scope`;
    expect(missingRight({ ...PODS, namespace: undefined }, text)).toBe(
      `forbidden (403): ${ACCOUNT} may not list pods in all namespaces: grant list on resource pods of API group "" in a ClusterRole; check it with: kubectl auth can-i list pods --all-namespaces --as ${ACCOUNT}`,
    );
  });

  it('tells what the authorizer says of bindings', () => {
    const text = `pods is forbidden: User "${ACCOUNT}" cannot list resource "pods" in API group "" in the namespace "demo": RBAC: role.rbac.authorization.k8s.io "tandem" not found`;
    expect(missingRight(PODS, text)).toContain(
      'in namespace demo (RBAC: role.rbac.authorization.k8s.io "tandem" not found): grant list',
    );
  });

  it.each(['', 'a proxy says no', 'User "$(reboot)" cannot', `User "${'x'.repeat(300)}" cannot`])(
    'does without the user where %j does not name one',
    (text) => {
      expect(missingRight(PODS, text)).toBe(
        'forbidden (403): the user may not list pods in namespace demo: grant list on resource pods of API group "" in a Role of that namespace; check it with: kubectl auth can-i list pods -n demo',
      );
    },
  );
});

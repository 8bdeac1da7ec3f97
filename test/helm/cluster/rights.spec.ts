import { describe, expect, it } from '@jest/globals';
import type { KubernetesObject } from '../rig/helm.js';
import { rightsOf, rulesOf, textOf, without } from './rights.js';

const ROLE: KubernetesObject = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'Role',
  metadata: { name: 'r' },
  rules: [
    { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
    { apiGroups: ['a', 'b'], resources: ['x'], resourceNames: ['n'], verbs: ['list'] },
  ],
};

const texts = (role: KubernetesObject): string[] => rightsOf(rulesOf(role)).map(textOf);

describe(without.name, () => {
  it('takes one right away and leaves the others, with the names that they are for', () => {
    const one = without(ROLE, { group: 'a', resource: 'x', verb: 'list' });
    expect(texts(one)).toEqual(['list pods', 'watch pods', 'list x.b']);
    expect(rulesOf(one).at(-1)!.resourceNames).toEqual(['n']);
    expect(rulesOf(one)[0]!.resourceNames).toBeUndefined();
  });

  it('leaves all where that right is not given', () => {
    expect(texts(without(ROLE, { group: 'a', resource: 'x', verb: 'watch' }))).toEqual(texts(ROLE));
  });
});

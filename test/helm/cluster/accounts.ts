import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminClient } from '../../kubernetes/api/admin-client.js';
import type { Right } from './rights.js';

const REVIEWS = '/apis/authorization.k8s.io/v1/subjectaccessreviews';

/** @returns how the API server calls a service account */
export function userOf(namespace: string, account: string): string {
  return `system:serviceaccount:${namespace}:${account}`;
}

/** What somebody may be asked for. */
export interface Question extends Right {
  readonly user: string;
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  /** Of one object; undefined: any. */
  readonly object: string | undefined;
}

/** @returns what `kubectl auth can-i` tells */
export async function may(admin: AdminClient, question: Question): Promise<boolean> {
  const { user, namespace, group, resource, verb, object } = question;
  const resourceAttributes = {
    ...{ group, resource, verb },
    ...(namespace !== undefined && { namespace }),
    ...(object !== undefined && { name: object }),
  };
  const spec = { user, groups: ['system:authenticated'], resourceAttributes };
  const kind = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview' };
  const { body } = await admin.expect('POST', REVIEWS, { body: { ...kind, spec } });
  return (body['status'] as { allowed: boolean }).allowed;
}

/** The authorizer learns of changed Roles by itself. @returns when it has learnt this */
export async function untilMay(admin: AdminClient, question: Question, is: boolean): Promise<void> {
  for (const deadline = performance.now() + 20_000; ; await sleep(10)) {
    if ((await may(admin, question)) === is) return;
    const { verb, resource, user } = question;
    if (performance.now() > deadline) {
      throw new Error(`${user} ${is ? 'may not' : 'still may'} ${verb} ${resource}`);
    }
  }
}

import { canonicalIp } from '../../endpoint/ip.js';
import type { PoolPod } from '../inference-pool.js';
import { fieldsOf, listOf, textOf } from './fields.js';
import { podDetails, sameDetails } from './pod-details.js';
import type { PodSelector } from './pod-selector.js';

const ROLE = 'llm-d.ai/role';
const ENDED = new Set<unknown>(['Succeeded', 'Failed']);

/**
 * Keeps what counts of a pod.
 *
 * The namespace and the labels are compared here once more: no slip of a server or of a proxy before it lets a pod in
 * that the pool does not select.
 *
 * @param isDetailed its details are wanted too
 * @returns undefined for a pod that is not selected, has ended, is being deleted or has no address
 */
export function parsePod(
  object: unknown,
  selector: PodSelector,
  namespace: string,
  isDetailed = false,
): PoolPod | undefined {
  const { metadata, spec, status } = fieldsOf(object);
  const { name, uid, labels, deletionTimestamp, namespace: home } = fieldsOf(metadata);
  const { phase, podIP, podIPs, conditions } = fieldsOf(status);
  const podName = textOf(name);
  const given = fieldsOf(labels);
  if (podName === undefined || home !== namespace || deletionTimestamp != null) return undefined;
  if (ENDED.has(phase) || !selector.selects(given)) return undefined;
  const ips = [podIP, ...listOf(podIPs).map((one) => fieldsOf(one)['ip'])]
    .map((ip) => (typeof ip === 'string' ? canonicalIp(ip) : undefined))
    .filter((ip) => ip !== undefined);
  if (ips.length === 0) return undefined;
  const isReady = listOf(conditions)
    .map(fieldsOf)
    .some((condition) => condition['type'] === 'Ready' && condition['status'] === 'True');
  return {
    name: podName,
    uid: textOf(uid) ?? '',
    ips: [...new Set(ips)],
    ready: isReady,
    hostNetwork: fieldsOf(spec)['hostNetwork'] === true,
    role: textOf(given[ROLE]),
    ...(isDetailed && { details: podDetails(object) }),
  };
}

/** @returns whether two readings of a pod say the same */
export function samePod(a: PoolPod, b: PoolPod): boolean {
  return (
    a === b ||
    (a.name === b.name &&
      a.uid === b.uid &&
      a.ready === b.ready &&
      a.hostNetwork === b.hostNetwork &&
      a.role === b.role &&
      a.ips.length === b.ips.length &&
      a.ips.every((ip, i) => ip === b.ips[i]) &&
      sameDetails(a.details, b.details))
  );
}

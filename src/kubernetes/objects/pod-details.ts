import { isDeepStrictEqual } from 'node:util';
import type { PodDetails } from '../inference-pool.js';
import { fieldsOf, listOf, textOf, textsOf } from './fields.js';

/** The newer name goes first. */
const ACTIVE_PORTS = ['llm-d.ai/active-ports', 'inference.networking.k8s.io/active-ports'];

/** Reads of a pod what only those need who choose among pods. */
export function podDetails(object: unknown): PodDetails {
  const { metadata, status } = fieldsOf(object);
  const { uid, labels, annotations } = fieldsOf(metadata);
  const starts = listOf(fieldsOf(status)['containerStatuses'])
    .map((one) => Number(fieldsOf(one)['restartCount'] ?? 0))
    .reduce((sum, count) => sum + count, 0);
  return {
    incarnation: `${textOf(uid) ?? ''} ${starts}`,
    labels: textsOf(labels),
    activePorts: activePorts(textsOf(annotations)),
  };
}

/** What is no port is no active one: an annotation that is empty, or wrong altogether, leaves none. */
function activePorts(annotations: Readonly<Record<string, string>>): readonly number[] | undefined {
  const name = ACTIVE_PORTS.find((one) => annotations[one] !== undefined);
  if (name === undefined) return undefined;
  return annotations[name]!.split(',')
    .map((port) => port.trim())
    .filter((port) => /^\d{1,5}$/.test(port))
    .map(Number);
}

export function sameDetails(a: PodDetails | undefined, b: PodDetails | undefined): boolean {
  return a?.incarnation === b?.incarnation && isDeepStrictEqual(a, b);
}

import { canonicalIp } from '../../endpoint/ip.js';
import { fieldsOf, listOf, textOf, textsOf } from './fields.js';
import type { Selector } from './selector.js';

/** A pod that runs, has an address, and is not being deleted. */
export interface SelectedPod {
  readonly namespace: string;
  readonly name: string;
  readonly ip: string;
  /** Its condition Ready is True. */
  readonly ready: boolean;
  /** Another one is another process: the pod's uid, and how often the container that serves was started again. */
  readonly incarnation: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Which pods are looked for. */
export interface PodSelection {
  /** Undefined: those of all namespaces. */
  readonly namespace: string | undefined;
  readonly selector: Selector;
  /** The port at which they serve. */
  readonly port: number;
}

/** @returns the key of a pod among those of all namespaces */
export function podKey(metadata: {
  readonly name?: unknown;
  readonly namespace?: unknown;
}): string {
  return `${String(metadata.namespace)}/${String(metadata.name)}`;
}

/** @returns undefined for a pod that is not selected, does not run, is being deleted or has no address */
export function parseSelectedPod(object: unknown, asked: PodSelection): SelectedPod | undefined {
  const { metadata, spec, status } = fieldsOf(object);
  const { name, namespace, uid, labels, annotations, deletionTimestamp } = fieldsOf(metadata);
  const { phase, podIP, conditions, containerStatuses } = fieldsOf(status);
  const home = textOf(namespace) ?? asked.namespace ?? '';
  const given = textsOf(labels);
  const ip = typeof podIP === 'string' ? canonicalIp(podIP) : undefined;
  if (typeof name !== 'string' || ip === undefined) return undefined;
  if (phase !== 'Running' || deletionTimestamp != null) return undefined;
  // Compared once more: no slip of a server or of a proxy before it lets in what is not selected.
  if (asked.namespace !== undefined && home !== asked.namespace) return undefined;
  if (!Object.entries(asked.selector).every(([key, value]) => given[key] === value))
    return undefined;
  const starts = restarts(listOf(fieldsOf(spec)['containers']), containerStatuses, asked.port);
  return {
    namespace: home,
    name,
    ip,
    ready: listOf(conditions)
      .map(fieldsOf)
      .some(({ type, status: holds }) => type === 'Ready' && holds === 'True'),
    incarnation: `${textOf(uid) ?? ''} ${starts}`,
    labels: given,
    annotations: textsOf(annotations),
  };
}

/** Of the container that names the port; where none does, of all together. */
function restarts(containers: readonly unknown[], statuses: unknown, port: number): number {
  const serving = containers
    .map(fieldsOf)
    .find(({ ports }) => listOf(ports).some((one) => fieldsOf(one)['containerPort'] === port));
  return listOf(statuses)
    .map(fieldsOf)
    .filter(({ name }) => serving === undefined || name === serving['name'])
    .reduce((sum: number, { restartCount }) => sum + Number(restartCount ?? 0), 0);
}

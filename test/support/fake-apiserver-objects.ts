import type { ApiObject } from './fake-apiserver-store.js';

export const PODS = '/api/v1/pods';
export const V1 = 'inference.networking.k8s.io';
export const ALPHA = 'inference.networking.x-k8s.io';
export const LLM_D = 'inference.llm-d.ai';

const VERSIONS: Readonly<Record<string, string>> = {
  [V1]: 'v1',
  [ALPHA]: 'v1alpha2',
  [LLM_D]: 'v1alpha1',
};

/** A pod to be made; what is left out has the value of a healthy vLLM pod. */
export interface FakePod {
  readonly name: string;
  /** Default demo. */
  readonly namespace?: string;
  readonly ip?: string;
  /** All addresses, where there are several. */
  readonly ips?: readonly string[];
  /** Default app=vllm. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** How often its container was started again. */
  readonly restarts?: number;
  readonly phase?: string;
  readonly ready?: boolean;
  readonly hostNetwork?: boolean;
  /** RFC 3339; null takes it away again. */
  readonly deletionTimestamp?: string | null;
}

/** A pool to be made. */
export interface FakePool {
  /** Default demo. */
  readonly namespace?: string;
  /** Default pool. */
  readonly name?: string;
  /** Default the group of v1. */
  readonly group?: string;
  readonly version?: string;
  /** What it selects; default app=vllm. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Default 8000. */
  readonly ports?: readonly number[];
  /** Instead of labels and ports: the spec as it is. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** @returns the path of the collection that holds a pool of this group */
export function poolCollection({ group = V1, version = VERSIONS[group] }: FakePool): string {
  return `/apis/${group}/${version}/inferencepools`;
}

/** @returns the pool as the API serves it, without what the store adds */
export function poolObject(pool: FakePool) {
  const { namespace = 'demo', name = 'pool', group = V1, labels = { app: 'vllm' } } = pool;
  const { version = VERSIONS[group], ports = [8000] } = pool;
  const spec =
    group === V1
      ? { selector: { matchLabels: labels }, targetPorts: ports.map((number) => ({ number })) }
      : { selector: labels, targetPortNumber: ports[0] };
  return {
    apiVersion: `${group}/${version}`,
    kind: 'InferencePool',
    metadata: { namespace, name, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: pool.spec ?? { ...spec, endpointPickerRef: { name: 'picker', port: { number: 9002 } } },
  };
}

/** @returns the pod as the API serves it, without what the store adds */
export function podObject(pod: FakePod) {
  const { name, namespace = 'demo', labels = { app: 'vllm' }, phase = 'Running' } = pod;
  const { ready = true, hostNetwork, deletionTimestamp, annotations, restarts } = pod;
  const ips = pod.ips ?? (pod.ip === undefined ? [] : [pod.ip]);
  return {
    metadata: {
      namespace,
      name,
      labels,
      ...(annotations && { annotations }),
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...(deletionTimestamp == null ? {} : { deletionTimestamp, deletionGracePeriodSeconds: 30 }),
    },
    spec: {
      ...(hostNetwork ? { hostNetwork } : {}),
      containers: [{ name: 'vllm', image: 'vllm' }],
    },
    status: {
      phase,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      ...(restarts === undefined
        ? {}
        : { containerStatuses: [{ name: 'vllm', restartCount: restarts }] }),
      ...(ips.length > 0 ? { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) } : {}),
    },
  };
}

/** The opposite of {@link podObject}. */
export function fakePodOf(object: ApiObject): FakePod & { ips: readonly string[] } {
  const { metadata, spec, status } = object as ApiObject & {
    spec: { hostNetwork?: boolean };
    status: {
      phase: string;
      podIPs?: { ip: string }[];
      conditions: { status: string }[];
      containerStatuses?: { restartCount: number }[];
    };
  };
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    labels: metadata.labels ?? {},
    ips: status.podIPs?.map(({ ip }) => ip) ?? [],
    ...(metadata['annotations'] !== undefined && {
      annotations: metadata['annotations'] as Readonly<Record<string, string>>,
    }),
    ...(status.containerStatuses && { restarts: status.containerStatuses[0]!.restartCount }),
    phase: status.phase,
    ready: status.conditions[0]?.status === 'True',
    hostNetwork: spec.hostNetwork ?? false,
    deletionTimestamp: (metadata['deletionTimestamp'] as string | undefined) ?? null,
  };
}

/** What a request selects. */
export interface Selection {
  /** All of them have to hold. */
  readonly labels: readonly ((labels: Readonly<Record<string, string>>) => boolean)[];
  readonly name: string | undefined;
}

/** @throws Error where a selector is of a form that this server does not know */
export function parseSelection(query: URLSearchParams): Selection {
  const parts = (query.get('labelSelector') ?? '').split(/,(?![^(]*\))/).filter(Boolean);
  const labels = parts.map(parseRequirement);
  const field = query.get('fieldSelector') ?? '';
  const match = /^metadata\.name=([^,]+)$/.exec(field);
  if (field !== '' && !match) throw new Error(`field label not supported: ${field}`);
  return { labels, name: match?.[1] };
}

function parseRequirement(part: string): Selection['labels'][number] {
  const equal = /^([^=!,\s]+)(!?)==?([^=!,\s]*)$/.exec(part);
  if (equal) return (labels) => (labels[equal[1]!] === equal[3]) === (equal[2] === '');
  const set = /^(\S+) (in|notin) \((.*)\)$/.exec(part);
  if (set) {
    const values = set[3]!.split(',');
    return (labels) => values.includes(labels[set[1]!] ?? '') === (set[2] === 'in');
  }
  const exists = /^(!?)([^=!,\s()]+)$/.exec(part);
  if (!exists) throw new Error(`unable to parse requirement: ${part}`);
  return (labels) => exists[2]! in labels === (exists[1] === '');
}

export function isSelected(object: ApiObject | undefined, { labels, name }: Selection): boolean {
  if (!object || (name !== undefined && object.metadata.name !== name)) return false;
  return labels.every((holds) => holds(object.metadata.labels ?? {}));
}

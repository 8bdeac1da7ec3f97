import { POD_IPS } from '../../kubernetes/rig/engines.js';
import { poolObject, V1 } from '../../support/fake-apiserver-objects.js';
import type { KubernetesObject } from '../rig/helm.js';
import type { HelmCluster } from './helm-cluster.js';
import { REWRITTEN, type Settings } from './program-checks.js';

type Labels = Readonly<Record<string, string>>;

const OBJECTS = 'llm-d.ai/v1alpha2';
const OLD_OBJECTS = 'inference.networking.x-k8s.io/v1alpha2';

/** All that programs read besides pods. */
export const READ_KINDS = [
  { apiVersion: `${V1}/v1`, kind: 'InferencePool' },
  ...[OBJECTS, OLD_OBJECTS].flatMap((apiVersion) => [
    { apiVersion, kind: 'InferenceObjective' },
    { apiVersion, kind: 'InferenceModelRewrite' },
  ]),
];

/** Where a program looks for model servers. */
export interface Home {
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  readonly pool: string | undefined;
  /** What pods must have, for each kind of pod that it looks for; empty with a pool. */
  readonly labels: readonly Labels[];
}

/** @returns where these settings have it look */
export function homeOf(settings: Settings): Home {
  const text = (name: string): string | undefined => {
    const value = settings[name];
    return value === undefined ? undefined : String(value);
  };
  const [poolNamespace, pool] = text('inference-pool')?.split('/') ?? [
    text('pool-namespace'),
    text('pool-name'),
  ];
  const selectors = ['selector', 'prefill-selector', 'decode-selector', 'endpoint-selector'];
  return {
    namespace: poolNamespace ?? text('service-discovery-namespace'),
    pool,
    labels: selectors.flatMap((name) => (name in settings ? [labelsOf(settings[name])] : [])),
  };
}

/** @param selector `a=b,c=d`, or a list of `a=b` */
function labelsOf(selector: unknown): Labels {
  const words = Array.isArray(selector) ? (selector as string[]) : String(selector).split(',');
  return Object.fromEntries(words.map((word) => word.split('=') as [string, string]));
}

/**
 * Puts into the cluster what a program is to find: a pool where it looks for one and the chart makes none, a rewrite of it,
 * and pods.
 *
 * @param rendered what the chart makes
 * @returns the addresses of the pods
 */
export async function inhabit(
  cluster: HelmCluster,
  { namespace = 'elsewhere', pool, labels }: Home,
  rendered: readonly KubernetesObject[],
): Promise<readonly string[]> {
  await cluster.ensureNamespace(namespace);
  const all =
    pool === undefined ? labels : [await poolLabels(cluster, { namespace, pool }, rendered)];
  const ips = POD_IPS.slice(0, all.length);
  for (const [at, ip] of ips.entries()) {
    await cluster.runningPod({ namespace, name: `server-${at}`, ip, labels: all[at]! });
  }
  return ips;
}

async function poolLabels(
  cluster: HelmCluster,
  { namespace, pool }: { readonly namespace: string; readonly pool: string },
  rendered: readonly KubernetesObject[],
): Promise<Labels> {
  const own = rendered.find(
    ({ kind, metadata }) => kind === 'InferencePool' && metadata.name === pool,
  );
  const object = own ?? poolObject({ namespace, name: pool });
  await cluster.objects.apply(object, { namespace });
  const rewrite = {
    apiVersion: OBJECTS,
    kind: 'InferenceModelRewrite',
    metadata: { name: 'canary' },
    spec: {
      poolRef: { group: V1, kind: 'InferencePool', name: pool },
      rules: [
        {
          matches: [{ model: { type: 'Exact', value: REWRITTEN.from } }],
          targets: [{ modelRewrite: REWRITTEN.to, weight: 1 }],
        },
      ],
    },
  };
  await cluster.objects.apply(rewrite, { namespace });
  return (object['spec'] as { selector: { matchLabels: Labels } }).selector.matchLabels;
}

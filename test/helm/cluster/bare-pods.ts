import type { KubernetesObject } from '../rig/helm.js';
import { podsOf, type FoundPod } from '../rig/objects.js';
import type { PodSecurity } from './helm-cluster.js';

/**
 * Model servers whose images run as root and write where they like: they fit `baseline`, not `restricted`. What the charts
 * put beside them does, and so do they when values say that they run as somebody else.
 */
const UNRESTRICTED = new Set(['vllm', 'sglang', 'model-server']);

// eslint-disable-next-line @typescript-eslint/no-explicit-any
function isUnrestricted({ name, securityContext }: any): boolean {
  return UNRESTRICTED.has(name) && securityContext?.runAsNonRoot !== true;
}

/** @returns the strictest level that pods of these objects are to fit */
export function levelOf(objects: readonly KubernetesObject[]): PodSecurity {
  const rooted = podsOf(objects).some(({ spec }) => spec.containers.some(isUnrestricted));
  return rooted ? 'baseline' : 'restricted';
}

/** @returns the pods that workloads make, each by itself: Pod Security refuses them where it only warns of workloads */
export function barePods(objects: readonly KubernetesObject[]): KubernetesObject[] {
  return podsOf(objects).map((pod, at) => barePod(pod, `pod-${at}`));
}

/** @returns the same without containers that are not restricted; those that were beside one */
export function besideModelServers(objects: readonly KubernetesObject[]): KubernetesObject[] {
  return podsOf(objects).flatMap((pod, at) => {
    const { initContainers = [], containers, ...rest } = pod.spec;
    // Pod Security judges those that start first as it does the others; a pod needs one of the others.
    const [first, ...others] = [...containers, ...initContainers].filter(
      (container) => !isUnrestricted(container),
    );
    if (!first || !containers.some(isUnrestricted)) return [];
    const { restartPolicy: _, ...main } = first;
    const spec = {
      ...rest,
      containers: [main],
      ...(others.length > 0 && { initContainers: others }),
    };
    return [barePod({ ...pod, spec }, `beside-${at}`)];
  });
}

function barePod({ labels, spec }: FoundPod, name: string): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec };
}

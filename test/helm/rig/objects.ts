import type { KubernetesObject } from './helm.js';

/** @throws Error when there is not exactly one such object */
export function the(
  objects: readonly KubernetesObject[],
  kind: string,
  nameEnd = '',
): KubernetesObject {
  const found = objects.filter(
    (object) => object.kind === kind && object.metadata.name.endsWith(nameEnd),
  );
  if (found.length === 1) return found[0]!;
  const all = objects.map((object) => `${object.kind} ${object.metadata.name}`).join(', ');
  throw new Error(`${found.length} ${kind} ${nameEnd} among ${all}`);
}

export function has(objects: readonly KubernetesObject[], kind: string): boolean {
  return objects.some((object) => object.kind === kind);
}

/** A pod's spec, with what it is the spec of. */
export interface FoundPod {
  readonly of: string;
  readonly labels: Readonly<Record<string, string>>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly spec: any;
}

/** Pods, and the templates of pods. */
export function podsOf(objects: readonly KubernetesObject[]): FoundPod[] {
  return objects.flatMap((object) => {
    const template = object.kind === 'Pod' ? object : object['spec']?.template;
    if (!template?.spec?.containers) return [];
    const of = `${object.kind} ${object.metadata.name}`;
    return [{ of, labels: template.metadata?.labels ?? {}, spec: template.spec }];
  });
}

/** Containers of a pod, those that start first among them. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export function containersOf({ spec }: FoundPod): any[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}

import type { KubernetesObject } from '../rig/helm.js';

type Labels = Readonly<Record<string, string>>;

/** Pods that something chooses by their labels. */
export interface Selection {
  /** What chooses. */
  readonly by: string;
  readonly labels: Labels;
}

/** @returns what Services, Deployments, budgets, policies, monitors and pools choose */
export function selectionsOf(objects: readonly KubernetesObject[]): Selection[] {
  return objects.flatMap(({ kind, metadata, spec }) => {
    const selector = spec?.podSelector ?? spec?.selector;
    const labels = kind === 'Service' ? selector : selector?.matchLabels;
    if (!labels) return [];
    return [{ by: `${kind} ${metadata.name}`, labels: labels as Labels }];
  });
}

export function chooses({ labels }: Selection, pod: Labels): boolean {
  return Object.entries(labels).every(([name, value]) => pod[name] === value);
}

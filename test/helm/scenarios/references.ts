import { WHOLE } from '../odd-values/whole.js';
import { containersOf, podsOf, type FoundPod } from '../rig/objects.js';
import type { KubernetesObject } from '../rig/helm.js';
import { must, type Scenario } from '../scenario.js';

/** What a container says of its ports. */
interface Port {
  readonly name?: string;
  readonly containerPort: number;
}

type Labels = Readonly<Record<string, string>>;

/** What objects of one rendering say of each other. */
export const REFERENCES: readonly Scenario[] = [
  {
    name: 'selectors find pods, and ports that are named are those of containers',
    run: ({ helm }) => {
      let count = 0;
      for (const [chart, wholes] of Object.entries(WHOLE)) {
        for (const [at, { values }] of wholes.entries()) {
          const objects = helm.objects({ chart, values });
          const pods = podsOf(objects).filter(({ of }) => !of.startsWith('Pod '));
          for (const object of objects) count += check(object, pods, `${chart} ${at}`);
        }
      }
      must(count > 20, `only ${count} references were looked at`);
      return { references: String(count) };
    },
  },
];

/** @returns how many references were looked at @throws Error with what leads nowhere */
function check(object: KubernetesObject, pods: readonly FoundPod[], of: string): number {
  const { kind, metadata } = object;
  const spec = object['spec'];
  const at = `${of}: ${kind} ${metadata.name}`;
  if (kind === 'HorizontalPodAutoscaler') {
    const pod = pods.find((one) => one.of === `Deployment ${spec.scaleTargetRef.name}`);
    must(pod !== undefined, `${at} scales nothing`);
    for (const { containerResource } of spec.metrics) {
      const { container } = containerResource ?? {};
      const names = containersOf(pod).map((one) => one.name);
      must(!container || names.includes(container), `${at} goes by ${container}`);
    }
    return 1;
  }
  const asked = portsOf(kind, spec);
  if (asked === undefined) return 0;
  const labels = (spec.podSelector ?? spec.selector).matchLabels ?? spec.selector;
  // Model servers of other releases.
  if (!('app.kubernetes.io/component' in labels)) return 0;
  const found = pods.filter((pod) => fits(labels, pod));
  must(found.length > 0, `${at} selects no pod`);
  for (const port of asked) {
    for (const pod of found)
      must(has(pod, port), `${at} names port ${port}, which ${pod.of} lacks`);
  }
  return 1;
}

/** Ports that an object names; undefined where it selects no pods. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
function portsOf(kind: string, spec: any): readonly (string | number)[] | undefined {
  switch (kind) {
    case 'Service':
      return spec.ports.map(({ port, targetPort = port }: Record<string, string>) => targetPort);
    case 'NetworkPolicy':
      return spec.ingress.flatMap(({ ports = [] }) => ports.map(({ port }) => port));
    case 'PodMonitor':
      return spec.podMetricsEndpoints.map(({ port }: { port: string }) => port);
    case 'PodDisruptionBudget':
      return [];
    default:
      return undefined;
  }
}

function fits(labels: Labels, { labels: own }: FoundPod): boolean {
  return Object.entries(labels).every(([label, value]) => own[label] === value);
}

function has(pod: FoundPod, wanted: string | number): boolean {
  const ports: Port[] = containersOf(pod).flatMap((container) => container.ports ?? []);
  return ports.some(({ name, containerPort }) => wanted === name || wanted === containerPort);
}

import type { KubernetesObject } from '../rig/helm.js';
import { containersOf, podsOf, type FoundPod } from '../rig/objects.js';
import { chooses, selectionsOf } from './selections.js';

/** @returns a line for each reference from one of these objects to another that is not there */
export function danglingReferences(objects: readonly KubernetesObject[]): string[] {
  return objects.flatMap((object) => {
    const dangling = (LOOKS[object.kind] ?? (() => []))(object, objects);
    return dangling.map((what) => `${object.kind} ${object.metadata.name}: no ${what}`);
  });
}

/** @returns what an object refers to and is not there */
type Look = (object: KubernetesObject, all: readonly KubernetesObject[]) => string[];

const LOOKS: Readonly<Record<string, Look>> = {
  Service: (service, all) => {
    const pods = chosenBy(service, all);
    const ports = service['spec'].ports as { targetPort: unknown }[];
    return pods.flatMap((pod) =>
      missing(
        ports.map(({ targetPort }) => targetPort),
        portsOf(pod),
      ),
    );
  },
  PodMonitor: (monitor, all) => {
    const endpoints = monitor['spec'].podMetricsEndpoints as { port: unknown }[];
    const ports = endpoints.map(({ port }) => port);
    return chosenBy(monitor, all).flatMap((pod) => missing(ports, portsOf(pod)));
  },
  ServiceMonitor: (monitor, all) => {
    const labels = monitor['spec'].selector.matchLabels as Readonly<Record<string, string>>;
    const services = all.filter(
      ({ kind, metadata }) =>
        kind === 'Service' && chooses({ by: '', labels }, metadata.labels ?? {}),
    );
    const [{ port }] = monitor['spec'].endpoints;
    const names = services.flatMap((service) => service['spec'].ports).map(({ name }) => name);
    return missing([port], names);
  },
  NetworkPolicy: (policy, all) => {
    const rules = policy['spec'].ingress as { ports?: { port: unknown }[] }[];
    const ports = rules.flatMap(({ ports = [] }) => ports).map(({ port }) => port);
    return chosenBy(policy, all).flatMap((pod) => missing(ports, portsOf(pod)));
  },
  HorizontalPodAutoscaler: ({ spec }, all) => {
    const { kind, name } = spec.scaleTargetRef as { kind: string; name: string };
    const scaled = podsOf(all).filter(({ of }) => of === `${kind} ${name}`);
    const containers = scaled.flatMap(containersOf).map((container) => container.name);
    const metrics = spec.metrics as { containerResource?: { container: string } }[];
    const measured = metrics.flatMap(({ containerResource: one }) => (one ? [one.container] : []));
    return [...missing([name], namesOf(all, kind)), ...missing(measured, containers)];
  },
  Ingress: ({ spec }, all) => {
    const { service } = spec.rules[0].http.paths[0].backend;
    return missing([`${service.name}:${service.port.number}`], servedBy(all));
  },
  HTTPRoute: ({ spec }, all) => {
    const refs = spec.rules[0].backendRefs as { kind?: string; name: string; port?: number }[];
    return refs.flatMap(({ kind = 'Service', name, port }) =>
      kind === 'Service'
        ? missing([`${name}:${port}`], servedBy(all))
        : missing([name], namesOf(all, kind)),
    );
  },
  RoleBinding: (binding, all) => ofBinding(binding, all),
  ClusterRoleBinding: (binding, all) => ofBinding(binding, all),
  Deployment: (deployment, all) => podsOf([deployment]).flatMap((pod) => ofPod(pod, all)),
};

function ofBinding({ roleRef, subjects }: KubernetesObject, all: readonly KubernetesObject[]) {
  return [
    ...missing([roleRef.name], namesOf(all, roleRef.kind)),
    ...missing([subjects[0].name], namesOf(all, 'ServiceAccount')),
  ];
}

function ofPod(pod: FoundPod, all: readonly KubernetesObject[]): string[] {
  const { serviceAccountName, volumes = [] } = pod.spec;
  const maps = volumes.flatMap(({ configMap }: { configMap?: { name: string } }) =>
    configMap ? [configMap.name] : [],
  );
  const mounts = containersOf(pod).flatMap(({ volumeMounts = [] }) => volumeMounts);
  const probes = containersOf(pod).flatMap((container) => [
    container.startupProbe,
    container.livenessProbe,
    container.readinessProbe,
  ]);
  return [
    ...missing([serviceAccountName], namesOf(all, 'ServiceAccount')),
    ...missing(maps, [...namesOf(all, 'ConfigMap'), GIVEN]),
    ...missing(
      mounts.map(({ name }) => name),
      volumes.map(({ name }: { name: string }) => name),
    ),
    ...missing(
      probes.map((probe) => probe?.httpGet?.port ?? probe?.grpc?.port ?? 'probe'),
      portsOf(pod),
    ),
  ];
}

/** The ConfigMap that values name, and nobody renders. */
const GIVEN = 'trust';

function chosenBy(by: KubernetesObject, all: readonly KubernetesObject[]): FoundPod[] {
  const [selection] = selectionsOf([by]);
  return selection ? podsOf(all).filter(({ labels }) => chooses(selection, labels)) : [];
}

/** Names and numbers of the ports of a pod. */
function portsOf(pod: FoundPod): unknown[] {
  const ports = containersOf(pod).flatMap(({ ports = [] }) => ports);
  return ports.flatMap(({ name, containerPort }) => [name, containerPort]);
}

function servedBy(all: readonly KubernetesObject[]): string[] {
  const services = all.filter(({ kind }) => kind === 'Service');
  return services.flatMap(({ metadata, spec }) =>
    spec.ports.map(({ port }: { port: number }) => `${metadata.name}:${port}`),
  );
}

function namesOf(all: readonly KubernetesObject[], wanted: string): string[] {
  return all.filter(({ kind }) => kind === wanted).map(({ metadata }) => metadata.name);
}

function missing(wanted: readonly unknown[], there: readonly unknown[]): string[] {
  return wanted.filter((one) => !there.includes(one)).map(String);
}

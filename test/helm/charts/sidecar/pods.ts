import { deepStrictEqual } from 'node:assert';
import type { KubernetesObject } from '../../rig/helm.js';
import { podsOf, type FoundPod } from '../../rig/objects.js';

type Objects = readonly KubernetesObject[];

/** A container, as it is rendered. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Container = any;

/** The pods of a role. @param role decode or prefill */
export function podOf(objects: Objects, role: string): FoundPod {
  return podsOf(objects).find(({ of }) => of.endsWith(`-${role}`))!;
}

export function sidecarOf(objects: Objects): Container {
  return podOf(objects, 'decode').spec.initContainers[0];
}

/** The first model server of a role. */
export function engineOf(objects: Objects, role: string): Container {
  return podOf(objects, role).spec.containers[0];
}

/** Ports of a container by their names. */
export function portsOf({ ports }: Container): Readonly<Record<string, number>> {
  return Object.fromEntries(
    ports.map((port: { name: string; containerPort: number }) => [port.name, port.containerPort]),
  );
}

/** The value of a variable of a container. */
export function envOf({ env }: Container, name: string): unknown {
  return env.find((variable: { name: string }) => variable.name === name)?.value;
}

/** @throws Error that tells both when they differ */
export function equal(actual: unknown, expected: unknown): void {
  deepStrictEqual(actual, expected);
}

/** @throws Error when the container lacks one of them */
export function hasArgs({ args }: Container, ...expected: string[]): void {
  const missing = expected.filter((arg) => !args.includes(arg));
  if (missing.length > 0) throw new Error(`${missing.join(' ')} not in ${args.join(' ')}`);
}

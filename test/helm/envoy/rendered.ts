import { parse } from 'yaml';
import type { KubernetesObject } from '../rig/helm.js';
import { containersOf, podsOf, type FoundPod } from '../rig/objects.js';
import { must } from '../scenario.js';

/** A container as rendered, with the files of its ConfigMaps. */
export interface RenderedContainer {
  readonly args: readonly string[];
  /** Text by path in the container. */
  readonly files: ReadonlyMap<string, string>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly spec: any;
  readonly pod: FoundPod;
}

/** @throws Error when no pod has such a container */
export function renderedContainer(
  objects: readonly KubernetesObject[],
  name: string,
): RenderedContainer {
  for (const pod of podsOf(objects)) {
    const spec = containersOf(pod).find((container) => container.name === name);
    if (spec) return { args: spec.args, files: filesOf(objects, pod, spec), spec, pod };
  }
  throw new Error(`no pod has a container ${name}`);
}

/** @returns the configuration that the rendered Envoy reads */
export function renderedEnvoyConfig(objects: readonly KubernetesObject[]): EnvoyConfig {
  const { args, files } = renderedContainer(objects, 'envoy');
  const path = args[args.indexOf('-c') + 1]!;
  const text = files.get(path);
  must(text !== undefined, `Envoy has no file ${path}`);
  return parse(text) as EnvoyConfig;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type EnvoyConfig = Record<string, any>;

function filesOf(
  objects: readonly KubernetesObject[],
  { spec }: FoundPod,
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  container: any,
): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const { name, mountPath } of container.volumeMounts ?? []) {
    const volume = spec.volumes.find((one: { name: string }) => one.name === name);
    must(volume !== undefined, `${container.name} mounts ${name}, which is no volume`);
    const from = volume.configMap?.name;
    if (from === undefined) continue;
    const map = objects.find(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === from,
    );
    must(map !== undefined, `there is no ConfigMap ${from}`);
    for (const [file, text] of Object.entries(map['data'] as Record<string, string>)) {
      files.set(`${mountPath}/${file}`, text);
    }
  }
  return files;
}

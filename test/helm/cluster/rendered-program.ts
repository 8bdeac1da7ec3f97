import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { KubernetesObject } from '../rig/helm.js';
import { containersOf, podsOf, type FoundPod } from '../rig/objects.js';

const PROGRAMS = ['sidecar', 'router', 'picker'] as const;
/** Of arguments that name none. */
const DEFAULT = 'sidecar';

export type ProgramName = (typeof PROGRAMS)[number];

/** A container that asks the Kubernetes API, as a program that this machine can run. */
export interface RenderedProgram {
  readonly program: ProgramName;
  readonly serviceAccount: string;
  /** After the program's name; files of ConfigMaps lie in a folder of this machine. */
  readonly args: readonly string[];
}

interface Container {
  readonly args?: readonly string[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name: string };
  readonly projected?: { readonly sources: readonly object[] };
}

/** @param folder where files of ConfigMaps are written @returns the containers that are given a token */
export function programsThatAsk(
  objects: readonly KubernetesObject[],
  folder: string,
): RenderedProgram[] {
  return podsOf(objects).flatMap((pod) =>
    (containersOf(pod) as Container[]).flatMap((container): RenderedProgram[] => {
      if (!hasToken(pod, container)) return [];
      const { args: all = [] } = container;
      const named = PROGRAMS.find((name) => name === all[0]);
      const args = moved(named ? all.slice(1) : all, { pod, container, objects, folder });
      const { serviceAccountName: serviceAccount } = pod.spec;
      return [{ program: named ?? DEFAULT, serviceAccount, args }];
    }),
  );
}

function hasToken({ spec }: FoundPod, { volumeMounts = [] }: Container): boolean {
  if (spec.automountServiceAccountToken === true) return true;
  const volumes = (spec.volumes ?? []) as readonly Volume[];
  return volumes.some(
    ({ name, projected }) =>
      projected?.sources.some((source) => 'serviceAccountToken' in source) === true &&
      volumeMounts.some((mount) => mount.name === name),
  );
}

interface Place {
  readonly pod: FoundPod;
  readonly container: Container;
  readonly objects: readonly KubernetesObject[];
  readonly folder: string;
}

/** @returns the arguments with paths below mounted ConfigMaps led to files of the same content */
function moved(args: readonly string[], { pod, container, objects, folder }: Place): string[] {
  const volumes = (pod.spec.volumes ?? []) as readonly Volume[];
  let all = [...args];
  for (const { name, mountPath } of container.volumeMounts ?? []) {
    const map = volumes.find((volume) => volume.name === name)?.configMap?.name;
    if (map === undefined) continue;
    const own = mkdtempSync(join(folder, `${name}-`));
    mkdirSync(own, { recursive: true });
    for (const [file, text] of Object.entries(dataOf(objects, map))) {
      writeFileSync(join(own, file), text.replaceAll(`${mountPath}/`, `${own}/`));
    }
    all = all.map((arg) => arg.replaceAll(`${mountPath}/`, `${own}/`));
  }
  return all;
}

function dataOf(objects: readonly KubernetesObject[], name: string): Record<string, string> {
  const map = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name);
  if (!map) throw new Error(`the chart mounts ConfigMap ${name}, and does not render it`);
  return map['data'] as Record<string, string>;
}

/** A flag with its value, which may stand in words of its own. */
interface Flag {
  readonly name: string;
  readonly words: readonly string[];
}

function flagsOf(args: readonly string[]): Flag[] {
  const flags: { name: string; words: string[] }[] = [];
  for (const arg of args) {
    const [, name, value] = /^--?([a-z][\w-]*)(?:=(.*))?$/s.exec(arg) ?? [];
    if (name !== undefined) flags.push({ name, words: value === undefined ? [] : [value] });
    else if (flags.length > 0) flags.at(-1)!.words.push(arg);
    else throw new Error(`${arg} is of no flag`);
  }
  return flags;
}

/**
 * @returns what the program is told, by the names of its flags: of its configuration file, and of its arguments, which
 *   go before; several words as a list
 */
export function settingsOf(args: readonly string[]): Readonly<Record<string, unknown>> {
  const told: Record<string, unknown> = Object.fromEntries(
    flagsOf(args).map(({ name, words }) => [name, words.length > 1 ? words : (words[0] ?? 'true')]),
  );
  const file = told['configuration-file'];
  const ofFile = file === undefined ? {} : (parse(readFileSync(String(file), 'utf8')) as object);
  return { ...ofFile, ...told };
}

/** @returns the arguments with these flags in place of those that were there */
export function withFlags(
  args: readonly string[],
  flags: Readonly<Record<string, string>>,
): string[] {
  const others = flagsOf(args).filter(({ name }) => !(name in flags));
  return [
    ...others.flatMap(({ name, words }) =>
      words.length === 1 ? [`--${name}=${words[0]}`] : [`--${name}`, ...words],
    ),
    ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
  ];
}

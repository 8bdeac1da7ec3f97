import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Envoy, freeEnvoyPorts } from '../../envoy/rig/envoy.js';
import { Picker } from '../../envoy/rig/picker.js';
import type { EnvoyBinary } from '../../envoy/scenario.js';
import { freePort } from '../../support/free-port.js';
import type { KubernetesObject } from '../rig/helm.js';
import { must, type Stage } from '../scenario.js';
import type { ClusterDns } from './cluster-dns.js';
import { onLoopback, type Places } from './on-loopback.js';
import { renderedContainer, renderedEnvoyConfig } from './rendered.js';

/** What a deployment on this machine needs beside what is rendered. */
export interface DeployPlan {
  readonly envoy: EnvoyBinary;
  /** `address:port` of the model servers, where Envoy would ask the cluster's DNS. */
  readonly servers?: readonly string[];
  /** Or the DNS that it asks here. */
  readonly dns?: ClusterDns;
  /** Environment of pickers: where Kubernetes' API is. */
  readonly env?: Readonly<Record<string, string>>;
  /** A folder of tls.crt and tls.key, as the Secret of picker.tls; the certificate is its own authority. */
  readonly tlsFolder?: string;
  /** Texts in arguments of the picker, and what is in their place here. */
  readonly replace?: Readonly<Record<string, string>>;
  /** Default 1. */
  readonly pickers?: number;
}

/** Envoy and pickers by what a chart renders for them. */
export interface Deployed {
  readonly envoy: Envoy;
  readonly pickers: readonly Picker[];
  /** What kubelet asks before it ends Envoy. */
  readonly preStop: { readonly path: string; readonly headers: Record<string, string> };
}

/** @returns when Envoy takes requests, and has found its pickers healthy */
export async function deploy(
  stage: Stage,
  objects: readonly KubernetesObject[],
  plan: DeployPlan,
): Promise<Deployed> {
  const own = { ...stage, envoy: plan.envoy };
  const pickers: Picker[] = [];
  while (pickers.length < (plan.pickers ?? 1)) {
    pickers.push(await startPicker(stage, objects, plan));
  }
  const ports = await freeEnvoyPorts();
  const places: Places = {
    ports,
    pickers: pickers.map(({ port }) => port),
    ...(plan.servers && { servers: plan.servers }),
  };
  const config = onLoopback(renderedEnvoyConfig(objects), places);
  const text = JSON.stringify(plan.dns?.serve(config) ?? config).replaceAll(
    '/etc/envoy-picker/ca.crt',
    `${plan.tlsFolder}/tls.crt`,
  );
  const { args, spec } = renderedContainer(objects, 'envoy');
  must(args[0] === '-c', `Envoy starts with ${args[0]}`);
  const envoy = await Envoy.launch(own, JSON.parse(text), ports, args.slice(2));
  await envoy.untilPickerIsHealthy();
  const hook = spec.lifecycle.preStop.httpGet;
  must(hook.port === 'operations', `the hook asks ${hook.port}`);
  const headers = hook.httpHeaders.map((one: Record<string, string>) => [
    one['name'],
    one['value'],
  ]);
  return { envoy, pickers, preStop: { path: hook.path, headers: Object.fromEntries(headers) } };
}

/** @returns a picker by its rendered arguments and files, with ports of this machine, when it is healthy */
export async function startPicker(
  stage: Stage,
  objects: readonly KubernetesObject[],
  { env = {}, tlsFolder, replace = {} }: DeployPlan,
): Promise<Picker> {
  const { args, files, spec } = renderedContainer(objects, 'picker');
  const health = await freePort();
  const folder = join(stage.folder, `picker-${health}`);
  const config = join(folder, 'config');
  mkdirSync(config, { recursive: true });
  const places = { '/etc/tandem/config': config, '/etc/tandem/tls': `${tlsFolder}`, ...replace };
  const moved = (text: string): string =>
    Object.entries(places).reduce((all, [from, to]) => all.replaceAll(from, to), text);
  for (const [path, text] of files) writeFileSync(moved(path), moved(text));
  const portOf = (name: string): number =>
    spec.ports.find((port: { name: string }) => port.name === name).containerPort;
  const isPlain = args.includes('--secure-serving=false');
  const command = ({ data, metrics }: { data: number; metrics: number }): string[] => [
    ...args.map((arg) =>
      moved(arg)
        .replace(`-port=${portOf('grpc')}`, `-port=${data}`)
        .replace(`-port=${portOf('grpc-health')}`, `-port=${health}`)
        .replace(`-port=${portOf('metrics')}`, `-port=${metrics}`),
    ),
    '--bind-address=127.0.0.1',
  ];
  return Picker.launch({ ...stage, folder }, command, isPlain, env);
}

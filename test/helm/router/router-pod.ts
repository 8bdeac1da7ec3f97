import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../support/free-port.js';
import { SidecarProcess } from '../../support/sidecar-process.js';
import type { KubernetesObject } from '../rig/helm.js';
import { podsOf, the } from '../rig/objects.js';
import { ConfigFolder } from './config-folder.js';

/** Where a pod of the chart runs. */
export interface PodPlace {
  /** Of this pod alone. */
  readonly folder: string;
  /** What stands in Secrets, all of them. */
  readonly secret?: string;
  /** Where the API server is, for a router that asks it. */
  readonly kubeconfig?: string;
}

/** They end with this process, however that ends. */
const running = new Set<RouterPod>();
process.once('exit', () => {
  for (const { process } of running) process.signal('SIGKILL');
});

/** A pod of a rendered Deployment, as a process: its arguments, its environment, its ConfigMap; on the loopback. */
export class RouterPod {
  private constructor(
    readonly process: SidecarProcess,
    readonly configuration: ConfigFolder,
    private readonly spec: PodSpec,
  ) {}

  /** @returns when it listens */
  static async start(objects: readonly KubernetesObject[], place: PodPlace): Promise<RouterPod> {
    mkdirSync(place.folder, { recursive: true });
    const { spec } = podsOf(objects)[0]! as { spec: PodSpec };
    const [container] = spec.containers;
    const folder = new ConfigFolder(join(place.folder, 'etc'), the(objects, 'ConfigMap'));
    const announce = await freePort();
    const process = await SidecarProcess.start(
      ({ data, metrics }) => [
        ...container.args.map((arg) => arg.replace('/etc/tandem', folder.path)),
        ...['--host=127.0.0.1', `--port=${data}`],
        ...['--prometheus-host=127.0.0.1', `--prometheus-port=${metrics}`],
        ...movedTo(container.args, place, announce),
      ],
      environmentOf(container, place.secret ?? 'secret'),
    );
    const pod = new RouterPod(process, folder, spec);
    running.add(pod);
    await process.ready();
    return pod;
  }

  get port(): number {
    return this.process.port;
  }

  /** Asks what the kubelet asks. */
  async probe(name: 'startupProbe' | 'livenessProbe' | 'readinessProbe'): Promise<number> {
    const { path } = this.spec.containers[0][name].httpGet;
    const answer = await fetch(this.process.url + path).catch(() => undefined);
    await answer?.arrayBuffer();
    return answer?.status ?? 0;
  }

  /**
   * Ends it as a kubelet does: preStop, SIGTERM, and after the grace period SIGKILL.
   *
   * @returns its exit code; null when it was killed
   */
  async end(): Promise<number | null> {
    const began = performance.now();
    await sleep(this.spec.containers[0].lifecycle.preStop.sleep.seconds * 1000);
    this.process.signal('SIGTERM');
    const left = this.spec.terminationGracePeriodSeconds * 1000 - (performance.now() - began);
    const code = await this.process.exited(left).catch(() => null);
    await this.stop();
    return code;
  }

  async stop(): Promise<void> {
    await this.process.stop();
    running.delete(this);
  }
}

interface Container {
  readonly args: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface PodSpec {
  readonly containers: readonly [Container];
  readonly terminationGracePeriodSeconds: number;
}

/** What a pod has and this machine has elsewhere. Of several flags the last one counts. */
function movedTo(
  args: readonly string[],
  { folder, kubeconfig }: PodPlace,
  announce: number,
): string[] {
  const given = (name: string): boolean => args.some((arg) => arg.startsWith(`--${name}`));
  return [
    ...(kubeconfig ? [`--kubeconfig=${kubeconfig}`] : []),
    ...(given('log-dir') ? [`--log-dir=${folder}`] : []),
    ...(given('vllm-discovery-address') ? [`--vllm-discovery-address=127.0.0.1:${announce}`] : []),
  ];
}

function environmentOf({ env = [] }: Container, secret: string): Record<string, string> {
  return Object.fromEntries(env.map(({ name, value }) => [name, value ?? secret]));
}

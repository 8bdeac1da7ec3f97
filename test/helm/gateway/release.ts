import { renameSync, writeFileSync } from 'node:fs';
import { Envoy, freeEnvoyPorts } from '../../envoy/rig/envoy.js';
import type { Picker } from '../../envoy/rig/picker.js';
import type { EnvoyBinary } from '../../envoy/scenario.js';
import { startPicker } from '../envoy/deployed.js';
import type { KubernetesObject, Values } from '../rig/helm.js';
import { the } from '../rig/objects.js';
import type { Stage } from '../scenario.js';
import { gatewayConfig, pickersFile } from './gateway-config.js';
import { NAMESPACE, pickersPath, type PlayedCluster, type PlayedPod } from './played-cluster.js';

/** A release of tandem-gateway whose picker runs. */
export class Release {
  readonly pickers: Picker[] = [];
  private serving: readonly Picker[] = [];

  private constructor(
    private readonly stage: Stage,
    private readonly cluster: PlayedCluster,
    private readonly envoy: EnvoyBinary,
    readonly objects: readonly KubernetesObject[],
    readonly pods: readonly PlayedPod[],
  ) {}

  /** @param pods that its pool selects @returns when its picker is ready */
  static async install(
    stage: Stage,
    cluster: PlayedCluster,
    envoy: EnvoyBinary,
    {
      name,
      values,
      pods,
    }: { readonly name: string; readonly values: Values; readonly pods: readonly PlayedPod[] },
  ): Promise<Release> {
    const rendering = { chart: 'tandem-gateway', release: name, namespace: NAMESPACE, values };
    const objects = stage.helm.objects(rendering);
    await cluster.apply(objects);
    const release = new Release(stage, cluster, envoy, objects, pods);
    await release.addPicker();
    return release;
  }

  get pool(): string {
    return the(this.objects, 'InferencePool').metadata.name;
  }

  get pickersFile(): string {
    return pickersPath(this.stage.folder, this.pool);
  }

  /** Starts a picker as its Deployment does. @returns when the gateway knows of it */
  async addPicker(): Promise<Picker> {
    const plan = { envoy: this.envoy, env: await this.cluster.env() };
    const picker = await startPicker(this.stage, this.objects, plan);
    this.pickers.push(picker);
    this.tell([...this.serving, picker]);
    return picker;
  }

  /** Tells the gateway that a picker is no endpoint of the Service any more. */
  forget(picker: Picker): void {
    this.tell(this.serving.filter((one) => one !== picker));
  }

  private tell(serving: readonly Picker[]): void {
    this.serving = serving;
    const ports = serving.map(({ port }) => port);
    writeFileSync(`${this.pickersFile}.next`, pickersFile(this.pool, ports));
    renameSync(`${this.pickersFile}.next`, this.pickersFile);
  }
}

/** Starts the Envoy that plays the gateway. @param releases the first one's route, and the pools of all */
export async function startGateway(
  stage: Stage,
  envoy: EnvoyBinary,
  releases: readonly Release[],
  port: number,
): Promise<Envoy> {
  const pools = releases.map(({ pool, pods, pickersFile: path }) => ({
    name: pool,
    servers: pods.map(({ ip }) => `${ip}:${port}`),
    pickersFile: path,
  }));
  const [rule] = the(releases[0]!.objects, 'HTTPRoute')['spec'].rules;
  const ports = await freeEnvoyPorts();
  return Envoy.launch({ ...stage, envoy }, gatewayConfig(rule, pools, ports), ports);
}

import { join } from 'node:path';
import { renderedContainer } from '../envoy/rendered.js';
import { startSimulator } from '../../envoy/rig/programs.js';
import type { EnvoyBinary } from '../../envoy/scenario.js';
import { FakeApi } from '../../kubernetes/api/fake-api.js';
import { freePort } from '../../support/free-port.js';
import { SidecarProcess } from '../../support/sidecar-process.js';
import { endWithProcess } from '../../envoy/rig/with-process.js';
import type { KubernetesObject } from '../rig/helm.js';
import type { Stage } from '../scenario.js';

export const NAMESPACE = 'inference';

/** A pod of a model server. */
export interface PlayedPod {
  readonly ip: string;
  /** Where the simulated engine takes requests. */
  readonly engineUrl: string;
}

/** A cluster that is played by hand: an API in memory, and pods at loopback addresses of their own. */
export class PlayedCluster {
  private pods = 0;

  private constructor(
    private readonly stage: Stage & { readonly envoy: EnvoyBinary },
    private readonly api: FakeApi,
    /** Of all model servers. */
    readonly port: number,
  ) {}

  static async start(stage: Stage, envoy: EnvoyBinary): Promise<PlayedCluster> {
    const api = await FakeApi.start(stage.folder);
    stage.after(() => api.stop());
    return new PlayedCluster({ ...stage, envoy }, api, await freePort());
  }

  /** @returns environment of programs that ask the API */
  async env(): Promise<Record<string, string>> {
    return { KUBECONFIG: await this.api.kubeconfig('picker') };
  }

  /** Puts the pools, objectives and rewrites into the API, as they are rendered. */
  async apply(objects: readonly KubernetesObject[]): Promise<void> {
    for (const { kind, metadata, spec } of objects) {
      const { name } = metadata;
      const at = { namespace: NAMESPACE, name, spec };
      if (kind === 'InferencePool') await this.api.putPool(at);
      if (kind === 'InferenceObjective') await this.api.putObject('inferenceobjectives', at);
      if (kind === 'InferenceModelRewrite') await this.api.putObject('inferencemodelrewrites', at);
    }
  }

  /** Starts a model server in a pod. @param flags of the simulator */
  async pod(
    labels: Readonly<Record<string, string>>,
    flags: readonly string[] = [],
  ): Promise<PlayedPod> {
    const ip = this.nextIp();
    const role = labels['llm-d.ai/role'] ?? 'both';
    await startSimulator(this.stage, role, { host: ip, port: this.port, flags });
    await this.api.putPod({ name: `pod-${this.pods}`, namespace: NAMESPACE, ip, labels });
    return { ip, engineUrl: `http://${ip}:${this.port}` };
  }

  /** Starts one behind the sidecar that a chart renders. */
  async podWithSidecar(
    objects: readonly KubernetesObject[],
    labels: Readonly<Record<string, string>>,
  ): Promise<PlayedPod> {
    const ip = this.nextIp();
    const enginePort = await freePort();
    await startSimulator(this.stage, 'decode', { port: enginePort });
    await this.startSidecar(objects, ip, enginePort);
    await this.api.putPod({ name: `pod-${this.pods}`, namespace: NAMESPACE, ip, labels });
    return { ip, engineUrl: `http://127.0.0.1:${enginePort}` };
  }

  private async startSidecar(
    objects: readonly KubernetesObject[],
    ip: string,
    enginePort: number,
  ): Promise<void> {
    const { args } = renderedContainer(objects, 'routing-proxy');
    const env = { ...(await this.env()), POD_IP: ip };
    const sidecar = await SidecarProcess.start(
      ({ metrics }) => [
        ...args,
        `--bind-address=${ip}`,
        `--port=${this.port}`,
        `--model-server-port=${enginePort}`,
        `--metrics-port=${metrics}`,
      ],
      env,
    );
    const forget = endWithProcess(() => sidecar.signal('SIGKILL'));
    this.stage.after(async () => {
      forget();
      await sidecar.stop();
    });
    await sidecar.ready();
  }

  private nextIp(): string {
    this.pods++;
    return `127.0.0.${this.pods + 1}`;
  }
}

/** @returns the file of a pool's pickers */
export function pickersPath(folder: string, pool: string): string {
  return join(folder, `pickers-${pool}.json`);
}

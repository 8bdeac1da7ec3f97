import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, freePorts } from '../../support/free-port.js';
import { podOf } from '../charts/sidecar/pods.js';
import type { KubernetesObject, Values } from '../rig/helm.js';
import type { Stage } from '../scenario.js';
import type { PodPlace } from './played-container.js';
import { PlayedPod } from './played-pod.js';

/** Prefill pods have the sidecars' port, at an address of their own. */
const DECODE_IP = '127.0.0.1';
const PREFILL_IP = '127.0.0.2';

/** What a release is tried with. */
export interface Trial {
  readonly config?: Values;
  readonly modelServer?: Values;
  readonly values?: Values;
  readonly ranks?: number;
}

/** A release of the chart with simulators, on ports that are free here; its pods are processes. */
export class PlayedRelease {
  private constructor(
    private readonly stage: Stage,
    readonly objects: readonly KubernetesObject[],
    /** That clients connect to, of rank 0. */
    readonly port: number,
  ) {}

  static async render(stage: Stage, trial: Trial = {}): Promise<PlayedRelease> {
    const { config = {}, modelServer = {}, values = {}, ranks = 1 } = trial;
    const port = await freePorts(ranks);
    const settings = {
      port,
      'model-server-port': await freePorts(ranks),
      'metrics-port': await freePort(),
      ...(ranks > 1 && { 'data-parallel-size': ranks }),
      ...config,
    };
    const sideChannelPort = await freePorts(ranks);
    const server = { engine: 'simulator', model: 'tiny', sideChannelPort, ...modelServer };
    const all = { sidecar: { config: settings }, modelServer: server, ...values };
    const objects = stage.helm.objects({ chart: 'tandem-sidecar', values: all });
    return new PlayedRelease(stage, objects, port);
  }

  get url(): string {
    return `http://${DECODE_IP}:${this.port}`;
  }

  /** What requests name as their prefiller. */
  get prefiller(): string {
    return `${PREFILL_IP}:${this.port}`;
  }

  decode(): Promise<PlayedPod> {
    return this.start('decode', DECODE_IP);
  }

  prefill(): Promise<PlayedPod> {
    return this.start('prefill', PREFILL_IP);
  }

  /** Sidecars of the decode pod, and nothing else yet. */
  async decodeWithoutServer(): Promise<{ pod: PlayedPod; place: PodPlace }> {
    const place = this.place(DECODE_IP);
    const pod = await PlayedPod.startSidecars(podOf(this.objects, 'decode'), place);
    this.stage.after(() => pod.stop());
    return { pod, place };
  }

  private async start(role: string, ip: string): Promise<PlayedPod> {
    const pod = await PlayedPod.start(podOf(this.objects, role), this.place(ip));
    this.stage.after(() => pod.stop());
    return pod;
  }

  private place(ip: string): PodPlace {
    const folder = join(this.stage.folder, String(this.port));
    mkdirSync(folder, { recursive: true });
    return { ip, folder };
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Container } from '../charts/sidecar/pods.js';
import type { FoundPod } from '../rig/objects.js';
import { PlayedContainer, type PodPlace } from './played-container.js';

const isGood = (status: number): boolean => status >= 200 && status < 400;

/** How the containers of a pod ended. */
export interface PodEnd {
  /** Names in the order in which they ended. */
  readonly order: readonly string[];
  readonly codes: readonly (number | null)[];
}

/** A rendered pod on an address of the loopback, whose containers a kubelet starts and ends in its order. */
export class PlayedPod {
  private constructor(
    private readonly spec: FoundPod['spec'],
    private readonly place: PodPlace,
    readonly sidecars: readonly PlayedContainer[],
    readonly servers: readonly PlayedContainer[],
  ) {}

  /** @returns when all are ready */
  static async start(found: FoundPod, place: PodPlace): Promise<PlayedPod> {
    const pod = await PlayedPod.startSidecars(found, place);
    await pod.startServers(place);
    await pod.ready();
    return pod;
  }

  /** @returns when the native sidecars have started, and nothing else has */
  static async startSidecars({ spec }: FoundPod, place: PodPlace): Promise<PlayedPod> {
    const pod = new PlayedPod(spec, place, [], []);
    for (const container of (spec.initContainers ?? []) as Container[]) {
      const sidecar = new PlayedContainer(container, place, [`--bind-address=${place.ip}`]);
      (pod.sidecars as PlayedContainer[]).push(sidecar);
      await sidecar.answers('startupProbe', isGood);
    }
    return pod;
  }

  async startServers(place: PodPlace): Promise<void> {
    for (const container of this.spec.containers as Container[]) {
      const server = new PlayedContainer(container, place, [`--host=${place.ip}`]);
      (this.servers as PlayedContainer[]).push(server);
    }
    for (const server of this.servers) await server.answers('startupProbe', isGood);
  }

  async ready(): Promise<void> {
    for (const container of [...this.servers, ...this.sidecars]) {
      await container.answers('readinessProbe', isGood);
    }
  }

  /**
   * Ends it as the kubelet ends a pod: preStop, SIGTERM to its containers, and to native sidecars when those have ended; what
   * the grace period leaves is killed.
   *
   * @param onTerm is called when model servers get SIGTERM
   */
  async end(onTerm: () => void = () => undefined): Promise<PodEnd> {
    const began = performance.now();
    const left = (): number =>
      this.spec.terminationGracePeriodSeconds * 1000 - (performance.now() - began);
    await Promise.all(
      (this.spec.containers as Container[]).map((container) => this.preStop(container)),
    );
    onTerm();
    await Promise.all(this.servers.map((server) => server.end(left())));
    const sidecarsServed = this.sidecars.every(({ isRunning }) => isRunning);
    for (const sidecar of this.sidecars) await sidecar.end(left());
    return {
      order: sidecarsServed ? ['model servers', 'sidecars'] : ['sidecars', 'model servers'],
      codes: [...this.servers, ...this.sidecars].map(({ exitCode }) => exitCode),
    };
  }

  /** As the kubelet does it: a hook that fails holds nothing up. */
  private async preStop({ lifecycle }: Container): Promise<void> {
    const { sleep: pause, httpGet } = lifecycle.preStop;
    if (pause) await sleep(pause.seconds * 1000);
    else await fetch(`http://${this.place.ip}:${httpGet.port}${httpGet.path}`).catch(() => {});
  }

  /** Ends what still runs. */
  async stop(): Promise<void> {
    for (const container of [...this.servers, ...this.sidecars]) await container.end(0);
  }
}

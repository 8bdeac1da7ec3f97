import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { httpGet } from '../../soak/subject/http-get.js';
import { FakeApiServer } from '../../support/fake-apiserver.js';
import { SidecarProcess } from '../../support/sidecar-process.js';
import { DnsLog } from './dns-log.js';
import { DNS_TABLE } from './dns-table.js';
import { freePorts, HOSTS, PODS } from './places.js';
import type { Rig } from './rig.js';

const PRELOAD = new URL('dns-preload.mjs', import.meta.url).href;

/** Sidecars that run: they end with this process, however it ends. */
const running = new Set<SidecarProcess>();
process.once('exit', () => {
  for (const sidecar of running) sidecar.signal('SIGKILL');
});

/** What a world is started with. */
export interface WorldOptions {
  /** Default true. */
  readonly ssrf?: boolean;
  /** Whether clients speak TLS; default false. */
  readonly tls?: boolean;
  readonly flags?: readonly string[];
  /** Whether the pool has a pod with an IPv6 address; default false. */
  readonly ipv6?: boolean;
  /** Default: both of the rig. */
  readonly targetPorts?: readonly number[];
  /** Called before the sidecar starts. */
  readonly before?: (api: FakeApiServer) => unknown;
  /** Default true: waits until it is ready. */
  readonly untilReady?: boolean;
}

/** A cluster and a sidecar in it, which is a process of its own. */
export class World {
  readonly dns: DnsLog;

  private constructor(
    readonly rig: Rig,
    readonly api: FakeApiServer,
    readonly sidecar: SidecarProcess,
    private readonly folder: string,
    /** The sidecar's data port, and that of its metrics. */
    readonly port: number,
    readonly metricsPort: number,
    private readonly tls: boolean,
  ) {
    this.dns = new DnsLog(join(folder, 'dns'));
  }

  static async start(rig: Rig, options: WorldOptions = {}): Promise<World> {
    const { ssrf = true, tls = false, flags = [], untilReady = true } = options;
    const api = await FakeApiServer.start();
    populate(api, rig, options);
    options.before?.(api);
    const folder = await mkdtemp(join(tmpdir(), 'tandem-ssrf-'));
    await writeFile(join(folder, 'dns'), '');
    const [port, metricsPort] = (await freePorts(2, [HOSTS.SELF])) as [number, number];
    const sidecar = await SidecarProcess.start(
      () => [
        `--port=${port}`,
        `--metrics-port=${metricsPort}`,
        '--bind-address=127.0.0.1',
        `--secure-proxy=${tls}`,
        `--model-server-port=${rig.decoderPort}`,
        '--retry-backoff=10ms',
        '--prefill-max-retries=0',
        '--breaker-threshold=0',
        '--prefiller-timeout=5s',
        ...(ssrf ? ['--enable-ssrf-protection', '--inference-pool=demo/pool'] : []),
        ...flags,
      ],
      {
        KUBECONFIG: await api.writeKubeconfig(folder),
        NODE_OPTIONS: `--import=${PRELOAD}`,
        SSRF_DNS_LOG: join(folder, 'dns'),
        SSRF_DNS_TABLE: JSON.stringify(DNS_TABLE),
      },
    );
    running.add(sidecar);
    const world = new World(rig, api, sidecar, folder, port, metricsPort, tls);
    await world.answers(untilReady ? '/health/ready' : '/health');
    world.dns.take();
    return world;
  }

  get alive(): boolean {
    return this.sidecar.exitCode === undefined;
  }

  /** @returns the status of a GET; 0 when nothing answers */
  async status(path: string): Promise<number> {
    return (await httpGet(this.tls ? this.metricsPort : this.port, path)).status;
  }

  /** @returns the value of a metric without labels */
  async metric(name: string): Promise<number> {
    const { body } = await httpGet(this.metricsPort, '/metrics');
    const line = body.split('\n').find((one) => one.startsWith(`${name} `));
    return line === undefined ? NaN : Number(line.slice(name.length + 1));
  }

  async stop(): Promise<void> {
    await this.sidecar.stop();
    running.delete(this.sidecar);
    await this.api.stop();
    await rm(this.folder, { recursive: true });
  }

  private async answers(path: string): Promise<void> {
    const deadline = performance.now() + 30_000;
    while ((await this.status(path)) !== 200 || !this.alive) {
      if (!this.alive || performance.now() > deadline) {
        const log = this.sidecar.stderr.slice(-2000);
        await this.stop();
        throw new Error(`the sidecar does not get ready: ${log}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function populate(api: FakeApiServer, rig: Rig, options: WorldOptions): void {
  const { P, P1 } = rig.ports;
  api.createPool({ ports: options.targetPorts ?? [P, P1] });
  api.createPod({ name: PODS.PODNAME, ip: HOSTS.A });
  api.createPod({ name: PODS.PODB, ip: HOSTS.B });
  if (options.ipv6 && rig.hasIpv6) api.createPod({ name: PODS.POD6, ip: HOSTS.A6 });
  api.createPod({ name: 'on-the-node', ip: HOSTS.HOSTNET, hostNetwork: true });
  api.createPod({ name: 'elsewhere', ip: HOSTS.OTHERNS, namespace: 'other' });
  api.createPod({ name: 'left-out', ip: HOSTS.UNSELECTED, labels: { app: 'other' } });
}

import { setTimeout as sleep } from 'node:timers/promises';
import { SidecarProcess } from '../../support/sidecar-process.js';
import type { Engines } from './engines.js';

/** They end with this process, however that ends. */
const running = new Set<SidecarProcess>();
process.once('exit', () => {
  for (const program of running) program.signal('SIGKILL');
});

/** Seconds between two lists. */
export const RESYNC_S = 2;

/** How a router is started. */
export interface RouterOptions {
  readonly engines: Engines;
  /** Undefined: all namespaces. */
  readonly namespace?: string;
  readonly kubeconfig: string;
  readonly selector?: string;
}

/** A router in a process of its own that finds its workers in pods. */
export class Router {
  readonly process: SidecarProcess;
  private readonly port: number;

  private constructor(process: SidecarProcess, port: number) {
    this.process = process;
    this.port = port;
  }

  /** @returns when it listens; {@link has} tells when it knows the pods */
  static async start(options: RouterOptions): Promise<Router> {
    const { engines, namespace, kubeconfig, selector = 'app=vllm' } = options;
    const program = await SidecarProcess.start(({ data, metrics }) => [
      'router',
      `--port=${data}`,
      `--prometheus-port=${metrics}`,
      '--policy=round_robin',
      '--service-discovery',
      '--selector',
      selector,
      `--service-discovery-port=${engines.port}`,
      ...(namespace === undefined ? [] : [`--service-discovery-namespace=${namespace}`]),
      `--discovery-check-interval-secs=${RESYNC_S}`,
      `--kubeconfig=${kubeconfig}`,
    ]);
    running.add(program);
    return new Router(await program.ready(), engines.port);
  }

  /**
   * @param change what is done in the cluster
   * @param ips of all pods that are workers then
   * @returns milliseconds from before the change until the router has these workers, all ready, and no others
   */
  async effect(change: () => Promise<void> | void, ips: readonly string[]): Promise<number> {
    const started = performance.now();
    await change();
    await this.has(ips);
    return performance.now() - started;
  }

  /** @returns when it has these workers, all ready, and no others */
  async has(ips: readonly string[], within = 20_000): Promise<void> {
    const wanted = ips.map((ip) => `http://${ip}:${this.port} ready`).sort();
    const deadline = performance.now() + within;
    for (;;) {
      const workers = await this.workers();
      if (workers.join() === wanted.join()) return;
      if (performance.now() > deadline) {
        throw new Error(`its workers are ${workers.join() || 'none'}, not ${wanted.join()}`);
      }
      await sleep(2);
    }
  }

  /** @returns the status of a request that any worker may answer; 0 when none came */
  async ask(): Promise<number> {
    const answer = await fetch(`${this.process.url}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"prompt":"x"}',
    }).catch(() => undefined);
    await answer?.arrayBuffer().catch(() => undefined);
    return answer?.status ?? 0;
  }

  /** @returns the errors that it logged */
  get errors(): string[] {
    return this.process.lines
      .filter(({ level }) => level === 'error')
      .map(({ msg, error }) => `${String(msg)}: ${String(error)}`);
  }

  async stop(): Promise<void> {
    await this.process.stop();
    running.delete(this.process);
  }

  private async workers(): Promise<string[]> {
    const answer = await fetch(`${this.process.url}/workers`);
    const { workers } = (await answer.json()) as { workers: { url: string; status: string }[] };
    return workers.map(({ url, status }) => `${url} ${status}`).sort();
  }
}

/** Requests without a pause, all of which must be answered well. */
export class RouterLoad {
  private readonly seen = new Map<number, number>();
  private readonly loop: Promise<void>;
  private isOver = false;

  /** @param after ends it with its scenario, however that ends */
  constructor(router: Router, after: (end: () => void) => void) {
    this.loop = this.run(router);
    after(() => {
      this.isOver = true;
    });
  }

  /**
   * @returns how many there were
   * @throws Error when one was not answered well
   */
  async end(): Promise<string> {
    this.isOver = true;
    await this.loop;
    const { seen } = this;
    const wrong = [...seen].filter(([status]) => status !== 200);
    if (wrong.length > 0) throw new Error(`requests were answered ${JSON.stringify(wrong)}`);
    return String(seen.get(200) ?? 0);
  }

  private async run(router: Router): Promise<void> {
    while (!this.isOver) {
      const status = await router.ask();
      this.seen.set(status, (this.seen.get(status) ?? 0) + 1);
      // Leaves the two cores something for the servers under test.
      await sleep(1);
    }
  }
}

import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { SidecarProcess } from '../../support/sidecar-process.js';
import type { Engines } from './engines.js';

const BODY = JSON.stringify({ model: 'm', prompt: 'x', max_tokens: 1 });

/** They end with this process, however that ends. */
const running = new Set<SidecarProcess>();
process.once('exit', () => {
  for (const program of running) program.signal('SIGKILL');
});

/** How a sidecar is started. */
export interface SidecarOptions {
  readonly engines: Engines;
  readonly namespace: string;
  readonly kubeconfig: string;
  readonly flags?: readonly string[];
}

/** A sidecar in a process of its own, with SSRF protection on. */
export class Sidecar {
  readonly process: SidecarProcess;
  private readonly enginePort: number;
  private readonly agent = new Agent({ keepAlive: true });

  private constructor(process: SidecarProcess, enginePort: number) {
    this.process = process;
    this.enginePort = enginePort;
  }

  /** @returns when it serves; {@link synced} tells when it knows the pods */
  static async start(options: SidecarOptions): Promise<Sidecar> {
    const { engines, namespace, kubeconfig, flags = [] } = options;
    const program = await SidecarProcess.start(({ data, metrics }) => [
      'sidecar',
      '--bind-address=127.0.0.1',
      `--port=${data}`,
      `--metrics-port=${metrics}`,
      `--model-server-port=${engines.port}`,
      '--secure-proxy=false',
      '--prefill-max-retries=0',
      '--enable-ssrf-protection',
      `--inference-pool=${namespace}/pool`,
      `--kubeconfig=${kubeconfig}`,
      ...flags,
    ]);
    running.add(program);
    return new Sidecar(await program.ready(), engines.port);
  }

  /** @returns when it is ready, allowlist and all */
  async synced(): Promise<void> {
    const deadline = performance.now() + 30_000;
    while ((await fetch(`${this.process.opsUrl}/health/ready`)).status !== 200) {
      if (performance.now() > deadline) throw new Error(`not synced: ${this.process.stderr}`);
      await sleep(10);
    }
  }

  /** @returns the status of a request that names this address as its prefiller */
  ask(host: string): Promise<number> {
    const options = {
      method: 'POST',
      host: '127.0.0.1',
      port: this.process.port,
      path: '/v1/completions',
      agent: this.agent,
      headers: {
        'content-type': 'application/json',
        'x-prefiller-host-port': `${host}:${this.enginePort}`,
      },
    };
    return new Promise((resolve, reject) => {
      const sent = request(options, (response) => {
        response.resume();
        response.on('error', reject);
        response.on('end', () => resolve(response.statusCode!));
      });
      sent.on('error', reject);
      sent.end(BODY);
    });
  }

  /**
   * @param change what is done in the cluster
   * @returns milliseconds from before the change until the sidecar answers so
   */
  async effect(change: () => Promise<void>, host: string, status: number): Promise<number> {
    const started = performance.now();
    await change();
    const acknowledged = performance.now();
    for (;;) {
      const got = await this.ask(host);
      if (got === status) return performance.now() - started;
      if (performance.now() - acknowledged > 15_000) {
        throw new Error(`${host} is still answered with ${got}, not ${status}`);
      }
      await sleep(1);
    }
  }

  async stop(): Promise<void> {
    this.agent.destroy();
    await this.process.stop();
    running.delete(this.process);
  }
}

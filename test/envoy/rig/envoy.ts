import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EnvoyPorts } from '../../../scripts/envoy/config.mjs';
import { freePort } from '../../support/free-port.js';
import type { Stage } from '../scenario.js';
import { plannedConfig, type EnvoyPlan } from './envoy-config.js';
import { endWithProcess } from './with-process.js';

const READY_MS = 20_000;
const POLL_MS = 50;
const FLAGS = ['--use-dynamic-base-id', '--concurrency', '2', '--log-level', 'warning'];

/** Ports on this machine that nobody listens on. */
export async function freeEnvoyPorts(): Promise<EnvoyPorts> {
  return { data: await freePort(), admin: await freePort(), operations: await freePort() };
}

/** An Envoy that serves. */
export class Envoy {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
    readonly adminPort: number,
    readonly operationsPort: number,
  ) {}

  /**
   * @param plan with a picker that serves already, unless `withoutPicker`
   * @returns when it takes requests, and has found the picker healthy
   */
  static async start(
    stage: Stage,
    plan: EnvoyPlan & { readonly withoutPicker?: boolean },
  ): Promise<Envoy> {
    const ports = await freeEnvoyPorts();
    const config = plannedConfig(plan, ports, stage.envoy.version);
    const started = await Envoy.launch(stage, config, ports);
    if (!plan.withoutPicker) await started.untilPickerIsHealthy();
    return started;
  }

  /**
   * @param config with these ports
   * @param flags beside the file
   * @returns when it takes requests
   */
  static async launch(
    { envoy, folder, after }: Stage,
    config: object,
    ports: EnvoyPorts,
    flags: readonly string[] = FLAGS,
  ): Promise<Envoy> {
    const name = join(folder, `envoy-${ports.data}`);
    writeFileSync(`${name}.json`, JSON.stringify(config, null, 2));
    const out = openSync(`${name}.log`, 'a');
    const child = spawn(envoy.path, ['-c', `${name}.json`, ...flags], {
      stdio: ['ignore', out, out],
    });
    const forget = endWithProcess(() => child.kill('SIGKILL'));
    child.once('exit', forget);
    const started = new Envoy(child, ports.data, ports.admin, ports.operations);
    after(() => started.stop());
    await started.until('ready', async () => (await started.admin('/ready')) === 'LIVE\n');
    return started;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** @returns a page of the admin interface */
  async admin(path: string): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.adminPort}${path}`)).text();
  }

  async untilPickerIsHealthy(): Promise<void> {
    await this.until('in touch with the picker', async () =>
      /^picker::.*::health_flags::healthy$/m.test(await this.admin('/clusters')),
    );
  }

  /** Sends SIGTERM. @returns its exit code, when it has ended */
  async end(): Promise<number | null> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    return ((await ended) as [number | null])[0];
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  private async until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + READY_MS;
    while (!(await isSo().catch(() => false))) {
      if (this.child.exitCode !== null) throw new Error(`Envoy ended with ${this.child.exitCode}`);
      if (performance.now() > deadline)
        throw new Error(`Envoy is not ${what} after ${READY_MS} ms`);
      await sleep(POLL_MS);
    }
  }
}

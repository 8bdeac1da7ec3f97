import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Container } from '../charts/sidecar/pods.js';

const TANDEM = fileURLToPath(new URL('../../../bin/tandem', import.meta.url));
const WAIT_MS = 20_000;

/** Where a pod is: an address of the loopback, and where its containers log. */
export interface PodPlace {
  readonly ip: string;
  readonly folder: string;
}

/** A rendered container of our image, as a process with its arguments and variables. */
export class PlayedContainer {
  private readonly child: ChildProcess;

  /** @param spec of the container @param more arguments, which go before those that are rendered */
  constructor(
    private readonly spec: Container,
    private readonly place: PodPlace,
    more: readonly string[] = [],
  ) {
    const env = this.environment();
    const args = [...spec.args.map((arg: string) => expanded(arg, env)), ...more];
    const log = openSync(join(place.folder, `${spec.name}-${place.ip}.log`), 'a');
    const stdio = ['ignore', log, log] as const;
    this.child = spawn(TANDEM, args, {
      env: { PATH: process.env['PATH'], ...env },
      stdio: [...stdio],
    });
    // It ends with this process, however that ends.
    const kill = (): boolean => this.child.kill('SIGKILL');
    process.once('exit', kill);
    this.child.once('exit', () => process.removeListener('exit', kill));
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  get exitCode(): number | null {
    return this.child.exitCode;
  }

  /** Asks what the kubelet asks. @returns the status; 0 where nobody answers */
  async probe(name: 'startupProbe' | 'livenessProbe' | 'readinessProbe'): Promise<number> {
    const { path, port } = this.spec[name].httpGet;
    const number = this.spec.ports.find((one: { name: string }) => one.name === port).containerPort;
    const answer = await fetch(`http://${this.place.ip}:${number}${path}`).catch(() => undefined);
    await answer?.arrayBuffer().catch(() => undefined);
    return answer?.status ?? 0;
  }

  /** @throws Error when the probe does not answer so in time, or the container ends */
  async answers(
    name: 'startupProbe' | 'livenessProbe' | 'readinessProbe',
    isFit: (status: number) => boolean,
  ): Promise<void> {
    const deadline = performance.now() + WAIT_MS;
    for (;;) {
      const status = await this.probe(name);
      if (isFit(status)) return;
      if (!this.isRunning) throw new Error(`${this.spec.name} ended with ${this.child.exitCode}`);
      if (performance.now() > deadline) {
        throw new Error(`${name} of ${this.spec.name} is answered with ${status}`);
      }
      await sleep(20);
    }
  }

  /** As the kubelet ends it: SIGTERM, and SIGKILL when its time is over. @returns how many ms it took */
  async end(graceMs: number): Promise<number> {
    const began = performance.now();
    if (this.isRunning) {
      const ended = once(this.child, 'exit');
      const late = setTimeout(() => this.child.kill('SIGKILL'), Math.max(0, graceMs));
      this.child.kill('SIGTERM');
      await ended;
      clearTimeout(late);
    }
    return performance.now() - began;
  }

  private environment(): Record<string, string> {
    const env: Record<string, string> = {};
    for (const { name, value, valueFrom } of this.spec.env ?? []) {
      const isIp = valueFrom?.fieldRef?.fieldPath === 'status.podIP';
      env[name] = isIp ? this.place.ip : expanded(value, env);
    }
    return env;
  }
}

/** `$(NAME)` as Kubernetes expands it. */
function expanded(text: string, env: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\((\w+)\)/g, (whole, name: string) => env[name] ?? whole);
}

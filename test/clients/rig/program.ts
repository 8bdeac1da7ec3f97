import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Through } from '../options.js';
import { setTimeout as sleep } from 'node:timers/promises';

const TANDEM = fileURLToPath(new URL('../../../bin/tandem', import.meta.url));
const READY_MS = 30_000;
const POLL_MS = 50;
const KEPT_CHARACTERS = 4_000_000;
const LAST_CHARACTERS = 2000;

/** A program of bin/tandem that serves on a port. */
export class Program {
  readonly name: string;
  readonly port: number;
  private readonly child: ChildProcess;
  private output = '';

  private constructor(name: string, port: number, child: ChildProcess) {
    this.name = name;
    this.port = port;
    this.child = child;
    const keep = (text: Buffer): void => {
      this.output = (this.output + text.toString()).slice(-KEPT_CHARACTERS);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
  }

  /** @returns when it runs; {@link ready} tells when it serves */
  static async start(name: 'simulator' | Through, ...flags: string[]): Promise<Program> {
    const port = await freePort();
    const args = [name, `--port=${port}`, '--log-level=debug', ...flags];
    return new Program(name, port, spawn(TANDEM, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  /** All that it has logged. */
  get log(): string {
    return this.output;
  }

  private get lastLines(): string {
    return this.output.slice(-LAST_CHARACTERS);
  }

  get hostPort(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** @param isReady asks the program @throws Error with its last lines when it does not serve */
  async ready(isReady: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + READY_MS;
    while (!(await isReady().catch(() => false))) {
      if (this.child.exitCode !== null) {
        throw new Error(`the ${this.name} ended with ${this.child.exitCode}: ${this.lastLines}`);
      }
      if (performance.now() > deadline) {
        throw new Error(`the ${this.name} does not serve after ${READY_MS} ms: ${this.lastLines}`);
      }
      await sleep(POLL_MS);
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const late = setTimeout(() => this.child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(late);
  }
}

/** A port on which nobody listens at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { freePort, freePorts } from './free-port.js';
import { until } from './raw-client.js';

const TANDEM = fileURLToPath(new URL('../../bin/tandem', import.meta.url));

/** A sidecar in a process of its own, as it is deployed; needs the build. */
export class SidecarProcess {
  stdout = '';
  stderr = '';
  /** Once the process has ended and its output is complete. */
  exitCode: number | null | undefined;

  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
    readonly metricsPort: number,
  ) {
    child.stdout!.on('data', (data: Buffer) => (this.stdout += data.toString()));
    child.stderr!.on('data', (data: Buffer) => (this.stderr += data.toString()));
    child.on('close', (code) => (this.exitCode = code));
  }

  /**
   * Starts one on free ports of the loopback.
   *
   * @param args gets the ports and gives the command line
   * @param env nothing else of the environment but PATH
   * @param command what the arguments are for
   * @param ranks data ports in a row; the first one is told
   */
  static async start(
    args: (ports: { data: number; metrics: number }) => readonly string[],
    env: Readonly<Record<string, string>> = {},
    [program, ...before]: readonly [string, ...string[]] = [TANDEM],
    ranks = 1,
  ): Promise<SidecarProcess> {
    const data = await freePorts(ranks);
    const metrics = await freePort();
    const child = spawn(program, [...before, ...args({ data, metrics })], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new SidecarProcess(child, data, metrics);
  }

  /** Log lines so far, parsed. */
  get lines(): Record<string, unknown>[] {
    const complete = this.stderr.slice(0, this.stderr.lastIndexOf('\n') + 1);
    return complete
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  get pid(): number {
    return this.child.pid!;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get opsUrl(): string {
    return `http://127.0.0.1:${this.metricsPort}`;
  }

  /** @returns when it takes requests */
  async ready(): Promise<this> {
    await until(() => this.exitCode !== undefined || this.stderr.includes('"ready"'), 20_000);
    if (this.exitCode !== undefined) throw new Error(`it ended: ${this.stderr}`);
    return this;
  }

  signal(name: 'SIGHUP' | 'SIGTERM' | 'SIGINT' | 'SIGKILL'): void {
    this.child.kill(name);
  }

  /** @returns its exit code, when it has ended by itself */
  async exited(within = 20_000): Promise<number | null> {
    await until(() => this.exitCode !== undefined, within);
    return this.exitCode!;
  }

  /** Ends it, however far it got. */
  async stop(): Promise<void> {
    if (this.exitCode === undefined) this.signal('SIGKILL');
    await this.exited();
  }
}

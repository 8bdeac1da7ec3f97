import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../bench/peers/free-ports.js';
import { readUsage } from '../../bench/peers/process-tree.js';
import { pause } from '../../bench/wire/clock.js';
import type { Address } from '../wire/client.js';
import { heapAfterGc } from './heap.js';
import { httpGet } from './http-get.js';
import { descriptors, residentBytes } from './process.js';

const TANDEM = fileURLToPath(new URL('../../../bin/tandem', import.meta.url));
const READY_WITHIN_MS = 30_000;
const UNHANDLED = /unhandled|uncaught|"level":"(?:error|fatal)"/i;

/** A program that requests go through: Tandem's sidecar, or a peer. */
export interface Program {
  readonly name: string;
  /** With the placeholders {port}, {metrics} and {decoder}. */
  readonly command: readonly string[];
  /** It is Tandem's sidecar: it prefills, has metrics and an inspector. */
  readonly tandem: boolean;
}

/** Tandem's sidecar with the flags of a phase. */
export function sidecar(flags: readonly string[] = []): Program {
  const usual = '--port={port} --metrics-port={metrics} --model-server-port={decoder}'.split(' ');
  const command = [TANDEM, 'sidecar', '--bind-address=127.0.0.1', ...usual, ...flags];
  return { name: 'tandem', command, tandem: true };
}

/** A program that runs. */
export class Subject implements Address {
  readonly program: Program;
  readonly port: number;
  readonly metricsPort: number;
  readonly tls: boolean;
  /** Settles when the process has ended: its exit code, or null after a signal. */
  readonly exited: Promise<number | null>;
  private readonly child: ChildProcess;
  private readonly folder: string;

  private constructor(program: Program, ports: readonly number[], decoder: number) {
    this.program = program;
    [this.port = 0, this.metricsPort = 0] = ports;
    this.tls = program.command.includes('--secure-proxy=true');
    this.folder = mkdtempSync(join(tmpdir(), 'tandem-soak-'));
    const places: Record<string, string> = {
      '{port}': String(this.port),
      '{metrics}': String(this.metricsPort),
      '{decoder}': String(decoder),
      '{folder}': this.folder,
    };
    const words = program.command.map((word) =>
      word.replace(/\{(?:port|metrics|decoder|folder)\}/g, (place) => places[place]!),
    );
    const log = openSync(this.logFile, 'w');
    const { PATH, HOME } = process.env;
    this.child = spawn(words[0]!, words.slice(1), {
      stdio: ['ignore', log, log],
      env: program.tandem
        ? { PATH, HOME, NODE_OPTIONS: '--inspect=127.0.0.1:0' }
        : { ...process.env },
    });
    closeSync(log);
    const kill = (): void => void this.child.kill('SIGKILL');
    process.once('exit', kill);
    this.exited = new Promise((resolve) => {
      this.child.once('error', () => resolve(-1));
      this.child.once('exit', (code) => {
        process.off('exit', kill);
        resolve(code);
      });
    });
  }

  /** Starts the program before a decoder; resolves when it accepts connections. */
  static async start(program: Program, decoder: number): Promise<Subject> {
    const subject = new Subject(program, await freePorts(2), decoder);
    let ended = false;
    void subject.exited.then(() => (ended = true));
    const deadline = performance.now() + READY_WITHIN_MS;
    while (!(await accepts(subject.port))) {
      if (ended || performance.now() > deadline) {
        const log = subject.log().slice(-1500);
        await subject.stop();
        throw new Error(`${program.name} does not serve: ${log}`);
      }
      await pause(20);
    }
    return subject;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** All that the program has printed. */
  log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  /** Lines of the log about one request. */
  logOf(id: string): string[] {
    return this.log()
      .split('\n')
      .filter((line) => line.includes(`"${id}"`));
  }

  /** Lines of the log that tell of a defect. */
  defects(): string[] {
    return this.log()
      .split('\n')
      .filter((line) => UNHANDLED.test(line));
  }

  /** Bytes of memory of the program, and of those that it started. */
  rss(): number {
    if (this.program.tandem) return residentBytes(this.pid);
    return readUsage(this.pid)?.rssBytes ?? 0;
  }

  /** Open descriptors by what they are. */
  fds(): string[] {
    return descriptors(this.pid);
  }

  /** Bytes of the heap that are still in use after a garbage collection; NaN without an inspector. */
  heap(): Promise<number> {
    const url = /ws:\/\/[^\s"]+/.exec(this.log())?.[0];
    return url === undefined ? Promise.resolve(NaN) : heapAfterGc(url);
  }

  /** The values of a metric by its labels, as they are written (`{state="open"}`). */
  async metric(name: string): Promise<Record<string, number>> {
    const { body } = await httpGet(this.metricsPort, '/metrics');
    const values: Record<string, number> = {};
    for (const [, labels = '', value] of body.matchAll(
      new RegExp(`^${name}(\\{[^}]*\\})? (\\S+)$`, 'gm'),
    ))
      values[labels] = Number(value);
    return values;
  }

  /** The status of a path on the metrics port. */
  async status(path: string): Promise<number> {
    return (await httpGet(this.metricsPort, path)).status;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async stop(): Promise<void> {
    const late = setTimeout(() => this.signal('SIGKILL'), 3000);
    if (!this.hasEnded) this.signal('SIGTERM');
    await this.exited;
    clearTimeout(late);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get logFile(): string {
    return join(this.folder, 'log');
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      resolve(true);
      socket.destroy();
    });
    socket.on('error', () => resolve(false));
  });
}

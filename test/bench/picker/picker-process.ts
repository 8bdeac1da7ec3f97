import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../peers/free-ports.js';
import { readUsage, type Usage } from '../peers/process-tree.js';
import { monotonicMs } from '../wire/clock.js';
import type { Cell } from '../workloads/workload.js';
import { type PickerSetup, writeSetup } from './setup.js';

const LOOP_DELAY = new URL('./loop-delay.mjs', import.meta.url).href;

/** A picker that decides, made for one cell of the table: two that poll would disturb each other. */
export class PickerProcess {
  /** Milliseconds from the start of the process to its first decision. */
  startMs = NaN;
  readonly port: number;
  private readonly child: ChildProcess;
  private readonly folder: string;

  private constructor(port: number, child: ChildProcess, folder: string) {
    this.port = port;
    this.child = child;
    this.folder = folder;
  }

  /**
   * Starts the cell's peer with that setup, and waits for a decision.
   *
   * @param measuresLoop for {@link loopDelay}, which costs the process a little
   */
  static async start(cell: Cell, setup: PickerSetup, measuresLoop = false): Promise<PickerProcess> {
    const { name, command = [], dialect = 'llm-d' } = cell.running.peer;
    const [port = 0, metrics = 0, health = 0] = await freePorts(3);
    const folder = mkdtempSync(join(tmpdir(), 'tandem-bench-'));
    const { config, list } = writeSetup(folder, setup, dialect, cell.engines.workers);
    const places: Record<string, string> = {
      ...{ port: String(port), metrics: String(metrics), health: String(health) },
      ...{ config, endpoints: list },
    };
    const words = command.map((word) =>
      word.replace(/\{(\w+)\}/g, (place, key: string) => places[key] ?? place),
    );
    const log = openSync(join(folder, 'log'), 'w');
    const started = monotonicMs();
    const child = spawn(words[0]!, words.slice(1), {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...(measuresLoop && dialect === 'tandem' && loopDelayTo(folder)) },
    });
    closeSync(log);
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    const running = new PickerProcess(port, child, folder);
    const dead = new Promise<never>((_, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`ended with code ${String(code)}`)));
    });
    try {
      const decided = cell.load.call<number>('untilDecides', { port });
      running.startMs = (await Promise.race([decided, dead])) - started;
    } catch (error) {
      const output = readFileSync(join(folder, 'log'), 'utf8').slice(-1000).trim();
      await running.stop();
      throw new Error(`${name}: ${(error as Error).message}: ${output}`, { cause: error });
    }
    dead.catch(() => undefined);
    return running;
  }

  /** What the process and its children have used so far. */
  usage(): Usage {
    return readUsage(this.child.pid!) ?? { cpuUs: NaN, rssBytes: NaN };
  }

  /**
   * How late the event loop was, where the peer has one and is ours.
   *
   * @returns milliseconds, the 99th percentile since it settled; NaN without
   */
  loopDelay(): number {
    try {
      const delay = Number(readFileSync(join(this.folder, 'loop-delay'), 'utf8'));
      return delay > 0 ? delay : NaN;
    } catch {
      return NaN;
    }
  }

  /** Asks the process to end, and ends it after two seconds. */
  async stop(): Promise<void> {
    const { child } = this;
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
      await gone;
      clearTimeout(timer);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function loopDelayTo(folder: string): Record<string, string> {
  return { NODE_OPTIONS: `--import=${LOOP_DELAY}`, LOOP_DELAY_TO: join(folder, 'loop-delay') };
}

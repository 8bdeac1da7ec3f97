import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Target } from '../load/target.js';
import { monotonicMs, pause } from '../wire/clock.js';
import { freePorts } from './free-ports.js';
import type { Peer } from './peer.js';
import { readUsage, type Usage } from './process-tree.js';

const READY_WITHIN_MS = 60_000;

/** A peer that runs. */
export class PeerProcess {
  /** Milliseconds from the start of the process to the first 200 of its health path. */
  startMs = 0;

  readonly peer: Peer;
  readonly target: Target;
  private readonly child: ChildProcess | undefined;
  private readonly log: string;

  private constructor(peer: Peer, target: Target, child: ChildProcess | undefined, log: string) {
    this.peer = peer;
    this.target = target;
    this.child = child;
    this.log = log;
  }

  /** Starts the peer beside the engines and waits until it serves; pickers are started by their workloads. */
  static async start(peer: Peer, engines: EnginePorts): Promise<PeerProcess> {
    const { prefill, decode, workers } = engines;
    const shared = { prefill, decode, prefillHeader: peer.prefillHeader };
    const base = peer.routes ? { ...shared, workers } : shared;
    if (!peer.command || peer.dialect) return new PeerProcess(peer, base, undefined, '');
    const [port = 0, metrics = 0] = await freePorts(2);
    const places: Record<string, number> = {
      '{port}': port,
      '{metrics}': metrics,
      '{decoder}': decode,
      '{prefiller}': prefill,
    };
    const urls = workers.map((worker) => `http://127.0.0.1:${worker}`);
    const words = peer.command
      .flatMap((word) => (word === '{workers}' ? urls : [word]))
      .map((word) =>
        word.replace(/\{(port|metrics|decoder|prefiller)\}/g, (place) => String(places[place])),
      );
    const log = join(tmpdir(), `tandem-bench-${process.pid}-${port}.log`);
    const file = openSync(log, 'w');
    const started = monotonicMs();
    const child = spawn(words[0] as string, words.slice(1), { stdio: ['ignore', file, file] });
    closeSync(file);
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    const running = new PeerProcess(peer, { ...base, port }, child, log);
    await running.untilReady(started, port);
    return running;
  }

  /** What the peer's process tree has used so far; undefined without a process or without /proc. */
  usage(): Usage | undefined {
    return this.child?.pid === undefined ? undefined : readUsage(this.child.pid);
  }

  /** Asks the process to end, and ends it after two seconds. */
  async stop(): Promise<void> {
    const { child } = this;
    if (!child) return;
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
      await gone;
      clearTimeout(timer);
    }
    rmSync(this.log, { force: true });
  }

  private async untilReady(started: number, port: number): Promise<void> {
    let dead: string | undefined;
    this.child?.once('error', (error) => (dead = error.message));
    this.child?.once('exit', (code) => (dead = `ended with code ${String(code)}`));
    while (!(await answers(port, this.peer.healthPath))) {
      const late = monotonicMs() - started > READY_WITHIN_MS;
      if (dead !== undefined || late) {
        const output = readFileSync(this.log, 'utf8').slice(-1000).trim();
        await this.stop();
        throw new Error(`${this.peer.name} ${dead ?? 'never became ready'}: ${output}`);
      }
      await pause(1);
    }
    this.startMs = monotonicMs() - started;
  }
}

/** The ports of all engines: of a pair, and of equal ones that a router spreads over. */
export interface EnginePorts {
  prefill: number;
  decode: number;
  workers: readonly number[];
}

function answers(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n`);
    });
    socket.setTimeout(2000, () => socket.destroy());
    socket.once('data', (data) => {
      resolve(/^HTTP\/1\.1 200/.test(data.toString('latin1', 0, 12)));
      socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(false));
  });
}

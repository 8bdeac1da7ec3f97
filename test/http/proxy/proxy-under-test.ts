import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../../bench/peers/free-ports.js';
import { RawConnection } from '../client/raw-connection.js';
import { readUsage } from '../../bench/peers/process-tree.js';

/** A proxy that the suite can start. */
export interface ProxyCommand {
  readonly name: string;
  /** Words with the placeholders {listen}, {engine} (host:port), {port}, {engine-port} and {metrics}. */
  readonly words: readonly string[];
}

const READY_MS = 30_000;
const KEPT_CHARACTERS = 200_000;
/** What a program says when something happened that nobody provided for. */
const DEFECT =
  /unhandled|uncaught|MaxListenersExceeded|TypeError|RangeError|handler threw|"code":"internal"|segfault|panic|assert/i;

/** A proxy in front of an engine, as a process of its own. */
export class ProxyUnderTest {
  /** What its log says about defects. */
  readonly defects: string[] = [];
  readonly command: ProxyCommand;
  readonly port: number;
  readonly metricsPort: number;
  private readonly child: ChildProcess;
  private output = '';

  private constructor(
    command: ProxyCommand,
    [port, metrics]: [number, number],
    child: ChildProcess,
  ) {
    this.command = command;
    this.port = port;
    this.metricsPort = metrics;
    this.child = child;
    const keep = (chunk: Buffer): void => {
      const text = chunk.toString();
      this.output = (this.output + text).slice(-KEPT_CHARACTERS);
      for (const line of text.split('\n')) if (DEFECT.test(line)) this.defects.push(line);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
  }

  /** @returns when a request gets through to the engine */
  static async start(
    command: ProxyCommand,
    enginePort: number,
    isServing = servesPlainHttp,
  ): Promise<ProxyUnderTest> {
    const [port = 0, metrics = 0] = await freePorts(2);
    const places: Record<string, string> = {
      listen: `127.0.0.1:${port}`,
      port: String(port),
      engine: `127.0.0.1:${enginePort}`,
      'engine-port': String(enginePort),
      metrics: String(metrics),
    };
    const [program = '', ...args] = command.words.map((word) =>
      word.replace(/\{([a-z-]+)\}/g, (all, place: string) => places[place] ?? all),
    );
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const proxy = new ProxyUnderTest(command, [port, metrics], child);
    child.on('error', (error) => proxy.defects.push(error.message));
    const kill = (): void => void child.kill();
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    const deadline = performance.now() + READY_MS;
    while (!(await isServing(port).catch(() => false))) {
      if (proxy.ended || performance.now() > deadline) {
        await proxy.stop();
        throw new Error(`${command.name} does not serve: ${proxy.output.slice(-2000)}`);
      }
      await sleep(50);
    }
    return proxy;
  }

  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** CPU time and memory of the process and its children so far; undefined without /proc. */
  usage(): ReturnType<typeof readUsage> {
    return this.child.pid === undefined ? undefined : readUsage(this.child.pid);
  }

  async stop(): Promise<void> {
    if (this.ended || this.child.pid === undefined) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const late = setTimeout(() => this.child.kill('SIGKILL'), 3000);
    await gone;
    clearTimeout(late);
  }
}

async function servesPlainHttp(port: number): Promise<boolean> {
  const client = await RawConnection.open(port);
  client.write('GET /ready HTTP/1.1\r\nHost: engine.test\r\nConnection: close\r\n\r\n');
  await client.until(() => client.received.includes('\r\n\r\n'), 2000);
  client.destroy();
  return /^HTTP\/1\.1 200/.test(client.received);
}

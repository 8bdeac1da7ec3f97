import { Cluster } from '../../src/kubernetes/api/cluster-connection.js';
import type { PoolSnapshot, WatchedPool } from '../../src/kubernetes/inference-pool.js';
import { InferencePoolWatcher } from '../../src/kubernetes/inference-pool.watcher.js';
import type { WatchTimings } from '../../src/kubernetes/watch-timings.js';
import { Logger, type LogFields } from '../../src/logging/logger.js';
import type { FakeApiServer } from './fake-apiserver.js';
import { until } from './raw-client.js';

/** Quick, but not so quick that a busy machine fails them. */
export const QUICK: WatchTimings = {
  answerTimeoutMs: 5_000,
  listTimeoutMs: 10_000,
  pageSize: 100,
  watchMs: 60_000,
  idleMs: 30_000,
  healthyMs: 20,
  relistMs: 60_000,
  backoffMinMs: 5,
  backoffMaxMs: 40,
  findMaxMs: 20,
};

/** Keeps the lines at info and above. */
export class KeptLogger extends Logger {
  readonly lines: { level: string; message: string; fields: LogFields | undefined }[] = [];

  info(message: string, fields?: LogFields): void {
    this.lines.push({ level: 'info', message, fields });
  }

  warn(message: string, fields?: LogFields): void {
    this.lines.push({ level: 'warn', message, fields });
  }

  error(message: string, fields?: LogFields): void {
    this.lines.push({ level: 'error', message, fields });
  }

  debug(): void {}
  trace(): void {}
  writeSerialized(): void {}

  isLevelEnabled(): boolean {
    return true;
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  get messages(): string[] {
    return this.lines.map(({ message }) => message);
  }
}

/** A watcher of the pool demo/pool at a fake API server, and what it told. */
export class WatchHarness {
  readonly snapshots: PoolSnapshot[] = [];
  readonly logger = new KeptLogger();
  readonly watcher: InferencePoolWatcher;
  /** What is sent; another one is read after a 401. */
  token = 'sidecar-token';
  private sent = this.token;

  constructor(
    server: FakeApiServer,
    { pool, timings }: { pool?: Partial<WatchedPool>; timings?: Partial<WatchTimings> } = {},
  ) {
    const cluster = new Cluster(new URL(server.url), {
      current: () =>
        Promise.resolve({ headers: { authorization: `Bearer ${this.sent}` }, options: {} }),
      forget: () => {
        this.sent = this.token;
        return Promise.resolve();
      },
    });
    this.watcher = new InferencePoolWatcher({
      pool: { namespace: 'demo', name: 'pool', ...pool },
      cluster,
      logger: this.logger,
      timings: { ...QUICK, ...timings },
    });
    this.watcher.subscribe(() => this.snapshots.push(this.watcher.snapshot!));
    this.watcher.start();
  }

  /** Names of the pods of a snapshot; undefined before there is one. */
  get names(): string[] | undefined {
    return this.watcher.snapshot?.pods.map(({ name }) => name);
  }

  /** Names of the pods of all snapshots so far. */
  get history(): string[] {
    return this.snapshots.map(({ pods }) => pods.map(({ name }) => name).join(' '));
  }

  /** @returns when exactly these pods are in the snapshot */
  async shows(...names: string[]): Promise<void> {
    await until(() => this.names?.join(' ') === names.join(' '), 10_000).catch(() => {
      const { lastError } = this.watcher;
      throw new Error(`pods are ${this.names?.join(' ')}, not ${names.join(' ')} (${lastError})`);
    });
  }

  stop(): void {
    this.watcher.stop();
  }
}

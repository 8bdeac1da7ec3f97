import { loadConfig } from './sidecar-config.js';
import type { SidecarConfig } from '../../src/config/sidecar.config.js';
import { startSidecar, type StartOptions } from '../../src/apps/sidecar/start-sidecar.js';
import type { RunningSidecar } from '../../src/apps/sidecar/running-sidecar.js';
import { Logger, type LogFields, type LogLevel } from '../../src/logging/logger.js';
import { FakeEngine, json, KV_PARAMS } from './fake-engine.js';

/** A sidecar in this process, with a prefiller and a decoder played by hand. */
export interface SidecarFixture {
  readonly sidecar: RunningSidecar;
  readonly prefiller: FakeEngine;
  readonly decoder: FakeEngine;
  readonly log: RecordingLogger;
  /** `http://127.0.0.1:PORT` of the data port. */
  readonly url: string;
  /** `http://127.0.0.1:PORT` of the metrics port, when it is on. */
  readonly opsUrl: string;
  stop(): Promise<void>;
}

/** @param config changes to a plain-HTTP sidecar on free ports without a metrics port */
export async function startFixture(
  config: Partial<SidecarConfig> = {},
  options: StartOptions = {},
): Promise<SidecarFixture> {
  const prefiller = await FakeEngine.start(json({ kv_transfer_params: KV_PARAMS }));
  const decoder = await FakeEngine.start(json({ ok: true }));
  const log = new RecordingLogger();
  const { config: defaults } = loadConfig();
  const sidecar = await startSidecar(
    {
      ...defaults,
      port: 0,
      metricsPort: 0,
      bindAddress: '127.0.0.1',
      secureProxy: false,
      modelServerPort: decoder.port,
      retryBackoff: 20,
      ...config,
      connectorSettings: { ...defaults.connectorSettings, ...config.connectorSettings },
    },
    { logger: log, ...options },
  );
  return {
    sidecar,
    prefiller,
    decoder,
    log,
    url: `http://127.0.0.1:${sidecar.port}`,
    opsUrl: `http://127.0.0.1:${config.metricsPort ?? 0}`,
    stop: async () => {
      await sidecar.close();
      await prefiller.stop();
      await decoder.stop();
    },
  };
}

/** A line that was logged. */
export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** Keeps lines in memory. */
export class RecordingLogger extends Logger {
  readonly lines: LogLine[] = [];

  error(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'error', message, fields });
  }
  warn(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'warn', message, fields });
  }
  info(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'info', message, fields });
  }
  debug(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'debug', message, fields });
  }
  trace(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'trace', message, fields });
  }
  isLevelEnabled(): boolean {
    return true;
  }
  writeSerialized(level: LogLevel, message: string, members: string): void {
    this.lines.push({ level, message, fields: JSON.parse(`{${members.slice(1)}}`) as LogFields });
  }
  flush(): Promise<void> {
    return Promise.resolve();
  }

  /** Access lines so far. */
  get requests(): LogFields[] {
    return this.lines.filter(({ message }) => message === 'request').map(({ fields }) => fields);
  }
}

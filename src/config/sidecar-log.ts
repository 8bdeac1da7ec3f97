import { join } from 'node:path';
import type { Given } from './given.js';
import type { LogFormat, LogLevel } from './log-levels.js';

/** How and where is logged. */
export interface LogConfig {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Left out: stderr alone. */
  readonly file?: string;
  /** Beside the file. */
  readonly alsoToStderr: boolean;
}

interface LogSettings {
  readonly logLevel: LogLevel | undefined;
  readonly logFormat: LogFormat | undefined;
  readonly zapDevel: boolean;
  readonly logtostderr: boolean;
  readonly alsologtostderr: boolean;
  readonly logFile: string | undefined;
  readonly logDir: string | undefined;
}

/** Merges the log's own settings with those of zap and klog; the file follows klog's rules. */
export function logConfig(settings: LogSettings): LogConfig {
  const file = settings.logtostderr ? undefined : filePath(settings);
  return {
    level: settings.logLevel ?? (settings.zapDevel ? 'debug' : 'info'),
    format: settings.logFormat ?? (settings.zapDevel ? 'pretty' : 'auto'),
    ...(file === undefined ? {} : { file }),
    alsoToStderr: file === undefined || settings.alsologtostderr,
  };
}

function filePath({ logFile, logDir }: LogSettings): string | undefined {
  if (logFile) return logFile;
  return logDir ? join(logDir, 'tandem-sidecar.log') : undefined;
}

/** Flags that name a file while everything goes to stderr: as in klog they have no effect. */
export function uselessLogFlags(
  settings: LogSettings,
  given: ReadonlyMap<string, Given>,
): string[] {
  if (!settings.logtostderr) return [];
  return ['log-file', 'log-dir', 'alsologtostderr']
    .map((key) => given.get(key))
    .filter((entry) => entry !== undefined)
    .filter(({ value }) => value !== '' && value !== false)
    .map(({ spelled }) => `${spelled} (no effect without -logtostderr=false)`);
}

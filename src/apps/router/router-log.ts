import { ConfigError, reasonOf } from '../../config/config-error.js';
import { createHeldLogger, type HeldLogger } from '../../logging/create-logger.js';
import type { RouterConfig } from './router.settings.js';

const FILES = 'tandem-router';

/**
 * The router's log: stderr, and a file a day where it is told a folder.
 *
 * @throws ConfigError when no file can be written there
 */
export function openRouterLog({
  logLevel,
  logFormat,
  logJson,
  logDir,
}: Pick<RouterConfig, 'logLevel' | 'logFormat' | 'logJson' | 'logDir'>): HeldLogger {
  const format = logJson ? 'json' : logFormat;
  const daily = logDir === undefined ? undefined : { folder: logDir, name: FILES };
  try {
    return createHeldLogger({ level: logLevel, format, daily });
  } catch (error) {
    throw new ConfigError(
      `--log-dir=${logDir}: no file can be written there (${reasonOf(error)}): name a folder that this user may write to`,
    );
  }
}

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { changesBetween, type Change } from '../../../config/changes.js';
import { ConfigError, reasonOf } from '../../../config/config-error.js';
import { loadSettings, type SettingSources } from '../../../config/load-settings.js';
import { spellingOf } from '../../../config/spelling.js';
import type { Given } from '../../../config/given.js';
import type { Logger } from '../../../logging/logger.js';
import type { RouterOptions } from '../router.options.js';
import { routerSettings, type RouterConfig } from '../router.settings.js';
import { checkConfig } from './check-config.js';

/** What a running router was started with, so that its file can be read again. */
export interface ConfigSource extends Pick<SettingSources, 'argv' | 'env' | 'options'> {
  /** The configuration file. */
  readonly path: string;
  /** How each value was given at start, for messages. */
  readonly given: ReadonlyMap<string, Given>;
}

/** Takes over what a changed configuration file says: all of it, or nothing. */
export class ConfigReload {
  /** @param options what changes @param source flags and variables still win over the file */
  constructor(
    private readonly options: RouterOptions,
    private readonly source: ConfigSource,
    private readonly logger: Logger,
  ) {}

  /**
   * Never throws: what is wrong is one line of the log, and everything stays.
   *
   * @param how silent: nothing is said where nothing changes
   */
  run({ silent = false } = {}): void {
    const file = this.source.path;
    try {
      const { config, changes } = this.read();
      if (changes.length === 0) {
        if (!silent) this.logger.info('configuration file read again, nothing changes', { file });
        return;
      }
      this.options.replace(config);
      const details = Object.fromEntries(changes.map(({ key, from, to }) => [key, { from, to }]));
      const changed = changes.map(({ key }) => key);
      this.logger.info(`configuration changed: ${changed.join(', ')}`, { file, changed, details });
    } catch (error) {
      const { key, line } = error instanceof ConfigError ? error.at : {};
      const reason = reasonOf(error);
      this.logger.error('configuration refused, everything stays', { file, line, key, reason });
    }
  }

  private read(): { config: RouterConfig; changes: readonly Change[] } {
    const { path, ...sources } = this.source;
    const { config, given } = loadSettings(routerSettings, { ...sources, readFile: wholeFile });
    checkConfig(config, given);
    const changes = changesBetween(routerSettings.settings, this.options.config, config);
    for (const { key, setting } of changes) {
      if (setting.live !== true) throw needsRestart(key, given, path);
    }
    return { config, changes };
  }
}

/** Who empties a file means to write it: nothing is what a cut off file looks like, too. */
function wholeFile(path: string): string {
  const text = readFileSync(path, 'utf8');
  if (text.trim() === '') throw new Error('it is empty; {} sets everything back');
  return text;
}

function needsRestart(key: string, given: ReadonlyMap<string, Given>, path: string): ConfigError {
  const value = given.get(key);
  const where = value ? spellingOf(given)(key) : `${key}, left out of ${basename(path)}`;
  return new ConfigError(
    `${where}: cannot change in a running router, it needs a restart; nothing of the file was applied`,
    { key, line: value?.line },
  );
}

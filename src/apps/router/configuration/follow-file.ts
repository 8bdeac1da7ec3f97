import { FileWatch } from '../../../config/file-watch.js';
import type { Logger } from '../../../logging/logger.js';
import type { RouterOptions } from '../router.options.js';
import { ConfigReload, type ConfigSource } from './reload.js';

/** A configuration file whose changes are taken over. */
export interface FollowedFile {
  /** Reads it now. */
  reload(): void;
  close(): void;
}

/** Takes over what the file says whenever it has changed and come to rest. */
export function followFile(
  options: RouterOptions,
  source: ConfigSource,
  logger: Logger,
): FollowedFile {
  const reload = new ConfigReload(options, source, logger);
  // The first look finds what has changed while the program started.
  let isFirst = true;
  const watch = new FileWatch(source.path, () => {
    reload.run({ silent: isFirst });
    isFirst = false;
  });
  return { reload: () => reload.run(), close: () => watch.close() };
}

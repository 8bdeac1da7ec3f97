import { urlHost } from '../../endpoint/ip.js';
import { ConfigError } from '../../config/config-error.js';
import { loadSettings } from '../../config/load-settings.js';
import type { Options } from '../../config/options.js';
import { SilentLogger } from '../../logging/silent-logger.js';
import { workerList } from './api/worker-row.js';
import type { RouterHandle, WorkerRow } from './library/handle.js';
import { openRouterLog } from './router-log.js';
import { routerSettings } from './router.settings.js';
import { startRouter as start } from './start-router.js';

export { ConfigError };
export type { RouterHandle };

/** How a router behaves in a program of others. */
export interface Embedding {
  /** Lines on stderr, and in files with `logDir`; true unless given. */
  readonly log?: boolean;
}

/**
 * Starts a router in this process: no signal handlers, no environment, nothing that outlives `close()`.
 *
 * @param options the flags in camel case
 * @throws ConfigError
 */
export async function startRouter(
  options: Options = {},
  { log = true }: Embedding = {},
): Promise<RouterHandle> {
  const sources = { argv: [], env: {}, options };
  const { config, given } = loadSettings(routerSettings, sources);
  const opened = log ? openRouterLog(config) : undefined;
  const path = given.get('configuration-file')?.value;
  const source = typeof path === 'string' ? { ...sources, path, given } : undefined;
  const logger = opened?.logger ?? new SilentLogger();
  const router = await start(config, logger, { source, given, embedded: true });
  opened?.release();
  const { port, opsPort, fleet } = router;
  let closing: Promise<void> | undefined;
  return {
    port,
    opsPort,
    url: `http://${urlHost(config.host)}:${port}`,
    get workers() {
      return (workerList(fleet.all, router.policyOf) as { workers: WorkerRow[] }).workers;
    },
    reload: () => router.reload(),
    drain: () => router.drain(),
    close: () => (closing ??= router.close()),
  };
}

/** The class of vllm-router's Python package. */
export class Router {
  private handle: Promise<RouterHandle> | undefined;

  constructor(
    private readonly options: Options = {},
    private readonly how: Embedding = {},
  ) {}

  /** Starts it; once, however often it is called. */
  start(): Promise<RouterHandle> {
    return (this.handle ??= startRouter(this.options, this.how));
  }

  async drain(): Promise<boolean> {
    return (await this.handle)?.drain() ?? true;
  }

  async close(): Promise<void> {
    await (await this.handle)?.close();
  }
}

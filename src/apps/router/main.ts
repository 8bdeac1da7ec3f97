import type { Environment } from '../../config/environment.js';
import { answerHelp } from '../../config/help.js';
import { loadSettings } from '../../config/load-settings.js';
import { routerSettings } from './router.settings.js';

/** `tandem router`: runs until it is told to stop. */
export async function run(argv: string[], env: Environment): Promise<void> {
  if (answerHelp(routerSettings, argv)) return;
  const { config, ignored, given } = loadSettings(routerSettings, { argv, env });
  // Not before: --help and mistakes are answered without loading Nest.
  const { openRouterLog } = await import('./router-log.js');
  const { logger, release, reopen } = openRouterLog(config);
  for (const flag of ignored)
    logger.info('flag or variable has no effect here and is ignored', { flag });
  const { startRouter } = await import('./start-router.js');
  const path = given.get('configuration-file')?.value;
  const source = typeof path === 'string' ? { argv, env, path, given } : undefined;
  const router = await startRouter(config, logger, { source, given, env });
  release();
  router.stopOnSignals();
  process.on('SIGHUP', () => {
    reopen();
    router.reload();
  });
}

import type { Environment } from '../../config/environment.js';
import { answerHelp } from '../../config/help.js';
import { loadSidecar, sidecarSettings } from './sidecar.settings.js';
import type { PrimaryOptions } from './start-primary.js';
import { tracingFromEnvironment } from '../../config/tracing.config.js';

/**
 * `tandem sidecar`: runs until it is told to stop.
 *
 * @param internal what no flag says
 */
export async function run(
  argv: string[],
  env: Environment,
  internal: Pick<PrimaryOptions, 'heartbeat'> = {},
): Promise<void> {
  // Only a process that was started with a channel can be a worker; others need not load what it takes to ask.
  if (process.connected && (await import('../../workers/primary-link.js')).isWorker()) {
    const { runWorker } = await import('./run-worker.js');
    return runWorker();
  }
  if (answerHelp(sidecarSettings, argv)) return;
  const { config, ignored, spelled } = loadSidecar({ argv, env });
  const tracing = config.tracing ? tracingFromEnvironment(env) : undefined;
  const options = { ignored, spelled, tracing, ...internal };
  // Not before: --help and mistakes are answered without loading Nest.
  const sidecar =
    config.workers > 1
      ? await (await import('./start-primary.js')).startPrimary(config, options)
      : await (await import('./start-sidecar.js')).startSidecar(config, options);
  sidecar.stopOnSignals();
  sidecar.exitUnlessSynced();
}

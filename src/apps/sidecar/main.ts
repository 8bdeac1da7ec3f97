import type { Environment } from '../../config/environment.js';
import { answerHelp } from '../../config/help.js';
import { loadSidecarConfig } from '../../config/load-sidecar-config.js';
import { sidecarSettings } from '../../config/sidecar.settings.js';
import { tracingFromEnvironment } from '../../config/tracing.config.js';

/** `tandem sidecar`: runs until it is told to stop. */
export async function run(argv: string[], env: Environment): Promise<void> {
  if (answerHelp(sidecarSettings, argv)) return;
  const { config, ignored, spelled } = loadSidecarConfig({ argv, env });
  const tracing = config.tracing ? tracingFromEnvironment(env) : undefined;
  // Not before: --help and mistakes are answered without loading Nest.
  const { startSidecar } = await import('./start-sidecar.js');
  const sidecar = await startSidecar(config, { ignored, spelled, tracing });
  sidecar.stopOnSignals();
  sidecar.exitUnlessSynced();
}

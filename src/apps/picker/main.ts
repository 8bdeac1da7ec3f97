import type { Environment } from '../../config/environment.js';
import { answerHelp } from '../../config/help.js';
import { loadSettings } from '../../config/load-settings.js';
import { logConfig, uselessLogFlags } from '../../config/sidecar-log.js';
import { createHeldLogger } from '../../logging/create-logger.js';
import { pickerSettings } from './picker.settings.js';

/** `tandem picker`: runs until it is told to stop. */
export async function run(argv: string[], env: Environment): Promise<void> {
  if (answerHelp(pickerSettings, argv)) return;
  const { config, ignored, given } = loadSettings(pickerSettings, { argv, env });
  const { logger, release } = createHeldLogger(logConfig(config));
  for (const flag of [...ignored, ...uselessLogFlags(config, given)])
    logger.info('flag or variable has no effect here and is ignored', { flag });
  // Not before: --help and mistakes are answered without loading Nest.
  const { startPicker } = await import('./start-picker.js');
  const picker = await startPicker(config, logger, { given, env });
  release();
  picker.stopOnSignals();
}

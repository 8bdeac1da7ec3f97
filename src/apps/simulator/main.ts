import 'reflect-metadata';
import type { Environment } from '../../config/environment.js';
import { answerHelp } from '../../config/help.js';
import { loadSettings } from '../../config/load-settings.js';
import { createLogger } from '../../logging/create-logger.js';
import { startSimulator } from './start-simulator.js';
import { simulatorSettings } from './simulator.settings.js';

/** `tandem simulator`: runs until SIGTERM or SIGINT, or until its engine dies. */
export async function run(argv: string[], env: Environment): Promise<void> {
  if (answerHelp(simulatorSettings, argv)) return;
  const { config } = loadSettings(simulatorSettings, { argv, env });
  const { logLevel = 'info', logFormat = 'auto' } = config;
  const logger = createLogger({ level: logLevel, format: logFormat });
  const end = async (code: number): Promise<void> => {
    await logger.flush();
    process.exit(code);
  };
  const simulator = await startSimulator({
    ...config,
    logger,
    // As vLLM: the server ends soon after its engine, with an error.
    onEngineDeath: () => setTimeout(() => void end(1), 500),
  });
  logger.info('simulator ready', {
    port: simulator.port,
    role: config.role,
    model: config.model,
    sideChannelPort: simulator.sideChannelPort,
    engine: simulator.engineId,
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      void simulator.close().then(() => end(0));
    });
  }
}

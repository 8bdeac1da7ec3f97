import 'reflect-metadata';
import { ConfigError } from '../../config/config-error.js';
import type { Environment } from '../../config/environment.js';
import { answerHelp } from '../../config/help.js';
import { loadSettings } from '../../config/load-settings.js';
import { started } from '../../config/stop-while-starting.js';
import type { Logger } from '../../logging/logger.js';
import { ListenError } from '../../listener/bind.js';
import type { RunningSimulator } from './start-simulator.js';
import { simulatorSettings, type SimulatorConfig } from './simulator.settings.js';

/** vLLM's server ends soon after its engine died. */
const TIME_TO_ANSWER_MS = 500;

/** `tandem simulator`: runs until SIGTERM or SIGINT, or until its engine dies. */
export async function run(argv: string[], env: Environment): Promise<void> {
  if (answerHelp(simulatorSettings, argv)) return;
  const { config } = loadSettings(simulatorSettings, { argv, env });
  const { createLogger } = await import('../../logging/create-logger.js');
  const { logLevel = 'info', logFormat = 'auto' } = config;
  const logger = createLogger({ level: logLevel, format: logFormat });
  const simulator = await start(config, logger);
  logger.info('simulator ready', {
    port: simulator.port,
    role: config.role,
    model: config.model,
    sideChannelPort: simulator.sideChannelPort,
    bootstrapPort: simulator.bootstrapPort,
    p2pPort: simulator.p2pPort,
    mooncakePort: simulator.mooncakePort,
    ecPort: simulator.ecPort,
    moriioNotifyPort: simulator.moriioNotifyPort,
    moriioHandshakePort: simulator.moriioHandshakePort,
    engine: simulator.engineId,
  });
  started();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      void simulator
        .drain()
        .then(() => simulator.close())
        .then(() => end(logger, 0));
    });
  }
}

/** Nest is loaded here: `--help` and mistakes are answered without it. */
async function start(config: SimulatorConfig, logger: Logger): Promise<RunningSimulator> {
  const { startSimulator } = await import('./start-simulator.js');
  const onEngineDeath = (): void => {
    setTimeout(() => void end(logger, 1), TIME_TO_ANSWER_MS);
  };
  try {
    return await startSimulator({ ...config, logger, onEngineDeath });
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    const flag = flagOf(config, error.port);
    throw new ConfigError(`${flag}=${error.port}: ${error.message}; give a free one`);
  }
}

function flagOf(config: SimulatorConfig, port: number): string {
  if (port === config.port) return '--port';
  if (port === config.sideChannelPort) return '--side-channel-port';
  if (port === config.p2pConnectorPort) return '--p2p-connector-port';
  if (port === config.mooncakeBootstrapPort) return '--mooncake-bootstrap-port';
  if (port === config.moriioNotifyPort) return '--moriio-notify-port';
  if (port === config.moriioHandshakePort) return '--moriio-handshake-port';
  if (port === config.ecSideChannelPort) return '--ec-side-channel-port';
  if (port === config.disaggregationBootstrapPort) return '--disaggregation-bootstrap-port';
  return '--kv-events-config: port';
}

async function end(logger: Logger, code: number): Promise<void> {
  await logger.flush();
  process.exit(code);
}

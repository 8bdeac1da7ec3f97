import type { Spelling } from '../../config/spelling.js';
import type { SidecarConfig } from '../../config/sidecar.config.js';
import { createHealthState } from '../../health/health-state.js';
import type { Logger } from '../../logging/logger.js';
import { SidecarMetrics } from '../../metrics/sidecar.metrics.js';
import { GENERATE_PATHS } from '../../openai/api.js';
import { createTracing } from '../../tracing/create-tracing.js';
import type { TracingSettings } from '../../tracing/tracing-settings.js';
import { createApplication } from '../bootstrap.js';
import { bindPort, dataPortSettings } from './bind-port.js';
import { dataListeners, requestFront } from './data-port.js';
import { opsListener } from './ops-port.js';
import { watchPool } from './pool-watch.js';
import { decoderProbes, loadCertificates, openLog } from './resources.js';
import { RunningSidecar } from './running-sidecar.js';
import { SidecarModule, type SidecarParts } from './sidecar.module.js';
import { logReady, logStart } from './start-log.js';

/** What a start has beside its configuration. */
export interface StartOptions {
  /** Flags that were given and have no effect. */
  readonly ignored?: readonly string[];
  /** Names settings in errors as they were given. */
  readonly spelled?: Spelling;
  /** Tracing is off when undefined. */
  readonly tracing?: TracingSettings | undefined;
  /** For tests; otherwise made by the configuration. */
  readonly logger?: Logger;
}

/**
 * Starts a sidecar. Its log begins once it has started: a configuration error stands alone.
 *
 * @returns when all ports listen
 * @throws ConfigError when a port, a certificate or the log file cannot be used
 */
export async function startSidecar(
  config: SidecarConfig,
  options: StartOptions = {},
): Promise<RunningSidecar> {
  const spelled = options.spelled ?? ((key) => `--${key}`);
  const { logger, release } = options.logger
    ? { logger: options.logger, release: () => undefined }
    : openLog(config, spelled);
  logStart(logger, config, options.ignored ?? []);
  const certificates = await loadCertificates(config, logger);
  const pool = await watchPool(config, logger, spelled);
  const parts: SidecarParts = {
    config,
    logger,
    metrics: new SidecarMetrics(GENERATE_PATHS),
    health: createHealthState(decoderProbes(config)),
    tracing: await createTracing(options.tracing, logger),
    pool,
  };
  parts.metrics.collectProcessMetrics();
  const app = await createApplication(await SidecarModule.of(parts), logger);
  const front = requestFront(app, parts);
  const data = dataListeners(app, front, { config, logger, certificates });
  const ops = opsListener(app, parts, data);
  const running = new RunningSidecar({ ...parts, pool, app, front, data, ops, certificates });
  try {
    await bindPort(ops, ['metrics-port'], spelled);
    const address = await bindPort(data, dataPortSettings(config), spelled);
    running.port = address!.port;
    logReady(logger, config, address!);
  } catch (error) {
    await running.close();
    throw error;
  }
  release();
  return running;
}

import type { Environment } from '../../config/environment.js';
import type { Given } from '../../config/given.js';
import { VERSION } from '../../config/version.js';
import { DrainHealth } from '../../health/drain.health.js';
import { DrainState } from '../../health/drain-state.js';
import type { HealthState } from '../../health/health-state.js';
import { HealthRegistry } from '../../health/health-registry.service.js';
import { createListener, type Listener } from '../../listener/listener.js';
import type { Logger } from '../../logging/logger.js';
import { PickerMetrics } from '../../metrics/picker.metrics.js';
import { createApplication, type Application } from '../bootstrap.js';
import { makeParts } from './make-parts.js';
import { Decisions } from './deciding/decisions.service.js';
import { opsHandler } from './ops-front.js';
import type { PickerParts } from './picker-parts.js';
import { PickerModule } from './picker.module.js';
import type { PickerConfig } from './picker.settings.js';
import { runningPicker, type RunningPicker } from './running-picker.js';
import { servingOf } from './serving.js';
import { followServers } from './server-metrics.js';
import { bound } from './transport/bound.js';
import { healthOf } from './transport/health-of.js';
import { Transport } from './transport/transport.js';

export interface StartOptions {
  /** How each value was given. */
  readonly given: ReadonlyMap<string, Given>;
  /** OpenTelemetry's own variables, with --tracing. */
  readonly env: Environment;
}

/**
 * Starts a picker.
 *
 * @throws ConfigError when the configuration is wrong, or a port cannot be had
 */
export async function startPicker(
  config: PickerConfig,
  logger: Logger,
  { given, env }: StartOptions,
): Promise<RunningPicker> {
  const serving = servingOf(config, given);
  const metrics = new PickerMetrics(VERSION);
  const drain = new DrainState();
  const parts = await makeParts({ config, serving, given, env, metrics, drain, logger });
  const { discovery, admission } = parts;
  const app = await createApplication(PickerModule.of(parts, healthOfParts(parts)), logger);
  const isReady = (): boolean => discovery.waitsFor === undefined && !drain.draining;
  const decider = app.nest.get(Decisions);
  const statusOf = healthOf(isReady);
  const transport = await Transport.create({ ...parts, decider, statusOf });
  const ops = opsListener(app, parts);
  const servers = followServers(parts);
  const close = async (): Promise<void> => {
    closeParts(parts);
    await servers?.close();
    transport.close();
    ops?.closeNow();
    await app.nest.close();
    await parts.tracing.shutdown();
    await logger.flush();
  };
  try {
    await discovery.start();
    const metricsPort = ops ? (await bound(() => ops.listen(), '--metrics-port')).port : 0;
    const ports = { ...(await transport.listen()), metricsPort };
    metrics.collectProcessMetrics();
    logger.info('ready', { address: serving.address, ...ports, secure: serving.secure });
    const { drainTimeout } = config;
    return runningPicker({ ...ports, transport, admission, drain, drainTimeout, logger, close });
  } catch (error) {
    await close();
    throw error;
  }
}

function closeParts({ discovery, admission, setup }: PickerParts): void {
  discovery.stop();
  admission.close();
  for (const { plugin } of setup.listeners) plugin.close?.();
}

/** What must hold for requests to be sent here. */
function healthOfParts({ discovery, drain }: PickerParts): HealthState {
  const registry = new HealthRegistry();
  registry.register(new DrainHealth(drain));
  registry.register({
    name: 'discovery',
    check: () => ({ ready: discovery.waitsFor === undefined, message: discovery.waitsFor }),
  });
  return { registry, drain };
}

function opsListener(
  { handle }: Application,
  { config, serving, logger }: PickerParts,
): Listener | undefined {
  if (serving.metricsPort === 0) return undefined;
  return createListener(
    { port: serving.metricsPort, bindAddress: serving.address, logger },
    opsHandler(handle, config.explain),
    (_request, socket) => socket.destroy(),
  );
}

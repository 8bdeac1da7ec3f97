import { ConfigError } from '../../config/config-error.js';
import type { SidecarConfig } from '../../config/sidecar.config.js';
import type { Spelling } from '../../config/spelling.js';
import { createHealthState } from '../../health/health-state.js';
import { HealthService } from '../../health/health.service.js';
import { WorkersHealth } from '../../health/workers.health.js';
import type { InferencePoolWatcher } from '../../kubernetes/inference-pool.watcher.js';
import { SidecarMetrics } from '../../metrics/sidecar.metrics.js';
import { SummedReport } from '../../metrics/summed-report.js';
import { GENERATE_PATHS } from '../../openai/api.js';
import { Prefillers } from '../../prefiller/prefillers.js';
import { pemOf } from '../../tls/certificates.js';
import { createTracing } from '../../tracing/create-tracing.js';
import type { WorkerReports } from '../../workers/base-mail.js';
import type { HeartbeatSettings } from '../../workers/heartbeat.js';
import { WorkerStartError } from '../../workers/supervisor.js';
import { createApplication, type Application } from '../bootstrap.js';
import { bindingError } from '../../listener/binding-error.js';
import { bindingFlags, bindPort, dataPortSettings, type PortSetting } from './bind-port.js';
import { Fleet, type FleetSources } from './fleet.js';
import { Leading } from './leading.js';
import { opsListener } from './ops-port.js';
import { tellPool } from './pool-news.js';
import { watchPool } from './pool-watch.js';
import { PrimaryModule } from './primary.module.js';
import { decoderProbes, loadCertificates, openLog } from './resources.js';
import { RunningSidecar } from './running-sidecar.js';
import type { SidecarParts } from './sidecar.module.js';
import type { StartOptions } from './start-sidecar.js';
import { logReady, logStart } from './start-log.js';
import { shareOf } from './worker-config.js';

/** As for one process, and for what only several have. */
export interface PrimaryOptions extends Omit<StartOptions, 'logger'> {
  /** How long a worker may go without an answer; for tests. */
  readonly heartbeat?: HeartbeatSettings;
}

/**
 * Starts a sidecar of several processes: this one, which serves the metrics port and watches over all, and
 * `--workers` others, which serve clients.
 *
 * @returns when all ports listen and all workers serve
 * @throws ConfigError as `startSidecar` does
 */
export async function startPrimary(
  config: SidecarConfig,
  options: PrimaryOptions = {},
): Promise<RunningSidecar> {
  const { ignored = [], tracing, spelled = (key) => `--${key}`, heartbeat } = options;
  const { logger, relay, release } = openLog(config, spelled);
  logStart(logger, config, ignored);
  const certificates = await loadCertificates(config, logger);
  const pool = await watchPool(config, logger, spelled);
  const leave = (reason: string): void => {
    logger.error('workers end before they serve: exiting', { reason });
    void running.close().finally(() => process.exit(1));
  };
  const fleet = new Fleet(config.workers, relay, leave, heartbeat);
  // At once: they start while this process does.
  const starting = fleet.start();
  starting.catch(() => undefined);
  const parts = await partsOf(config, { logger, pool, fleet });
  const report = new SummedReport(parts.metrics.registry, () => fleet.metricsSources);
  const app = await createApplication(await PrimaryModule.of(parts, report), logger);
  const ops = opsListener(app, parts, fleet);
  const front = { cutOff: () => undefined };
  const running = new RunningSidecar({ ...parts, app, front, data: fleet, ops, certificates });
  if (pool) tellPool(pool, fleet);
  certificates?.onChange((pair) => fleet.tell('certificate', pemOf(pair)));
  try {
    await bindPort(ops, ['metrics-port'], spelled);
    const setup = { config: shareOf(config), tracing };
    fleet.inform({ ...parts, setup, certificates, report, ...madeByNest(app, parts) });
    const where = await started(starting, dataPortSettings(config), spelled);
    running.port = where.port;
    logReady(logger, config, where);
  } catch (error) {
    await running.close();
    throw error;
  }
  release();
  return running;
}

interface PrimaryParts extends SidecarParts {
  readonly pool: InferencePoolWatcher | undefined;
  readonly sharing: Leading;
}

async function partsOf(
  config: SidecarConfig,
  { logger, pool, fleet }: Pick<PrimaryParts, 'logger' | 'pool'> & { readonly fleet: Fleet },
): Promise<PrimaryParts> {
  const health = createHealthState(decoderProbes(config));
  health.registry.register(new WorkersHealth(() => fleet.serving));
  const metrics = new SidecarMetrics(GENERATE_PATHS);
  metrics.collectProcessMetrics();
  metrics.observed.workers = () => fleet.serving;
  const sharing = new Leading({
    breaker: (prefiller, breaker) =>
      fleet.tell('breaker', { prefiller, ...(breaker && { breaker }) }),
    unhealthy: (labels) => fleet.tell('unhealthy', labels),
  });
  // It makes no requests for clients: nothing to trace.
  const tracing = await createTracing(undefined, logger);
  return { config, logger, metrics, health, tracing, pool, sharing };
}

function madeByNest(
  { nest }: Application,
  { sharing }: PrimaryParts,
): Pick<FleetSources, 'prefillers' | 'leader' | 'health'> {
  const leader = sharing.leader!;
  return { prefillers: nest.get(Prefillers), leader, health: nest.get(HealthService) };
}

/** @throws ConfigError where a data port cannot be used, or a connector cannot start */
async function started(
  starting: Promise<WorkerReports['ready']>,
  keys: readonly PortSetting[],
  spelled: Spelling,
): Promise<WorkerReports['ready']> {
  try {
    return await starting;
  } catch (error) {
    if (!(error instanceof WorkerStartError) || error.code === undefined) throw error;
    const { code, message } = error;
    if (code === ConfigError.CODE) throw new ConfigError(message);
    throw bindingError({ code, message }, bindingFlags(keys, spelled));
  }
}

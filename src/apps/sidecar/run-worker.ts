import { ConfigError } from '../../config/config-error.js';
import { started } from '../../config/stop-while-starting.js';
import { createHealthState } from '../../health/health-state.js';
import { ListenError } from '../../listener/bind.js';
import { createWorkerLogger } from '../../logging/create-logger.js';
import { dumpMetrics } from '../../metrics/metrics-dump.js';
import { SidecarMetrics } from '../../metrics/sidecar.metrics.js';
import { GENERATE_PATHS } from '../../openai/api.js';
import { Prefillers } from '../../prefiller/prefillers.js';
import { ServerCertificates } from '../../tls/certificates.js';
import { createTracing } from '../../tracing/create-tracing.js';
import { linkToPrimary } from '../../workers/primary-link.js';
import { createApplication, type Application } from '../bootstrap.js';
import { dataListeners, requestFront } from './data-port.js';
import { Following } from './following.js';
import { tellMetrics } from './metrics-news.js';
import { followPool } from './pool-following.js';
import { RunningSidecar } from './running-sidecar.js';
import { SidecarModule, type SidecarParts } from './sidecar.module.js';
import type { Primary, ToPrimary, ToWorker, WorkerSetup } from './worker-mail.js';

/** One of several processes that serve the data port. Its primary tells it what to do and what to know. */
export async function runWorker(): Promise<void> {
  const primary: Primary = linkToPrimary<ToPrimary, ToWorker>();
  leaveSignalsToPrimary();
  const setup = await primary.ask('setup', null);
  const running = await startWorker(primary, setup).catch((error: unknown) => fail(primary, error));
  primary.onTold('drain', () => {
    void running.drain().then(() => process.exit(0));
  });
}

/** A terminal sends them to all processes; the primary sees to the rest. */
function leaveSignalsToPrimary(): void {
  started();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => undefined);
}

async function startWorker(primary: Primary, setup: WorkerSetup): Promise<RunningSidecar> {
  const { config, worker } = setup;
  const logger = createWorkerLogger(config.log.level, worker);
  const certificates = setup.certificate && ServerCertificates.told(setup.certificate, logger);
  primary.onTold('certificate', (pair) => certificates?.replace(pair));
  const sharing = new Following(primary);
  const parts: SidecarParts = {
    config,
    logger,
    metrics: new SidecarMetrics(GENERATE_PATHS),
    health: createHealthState({ port: config.modelServerPort }),
    tracing: await createTracing(setup.tracing, logger),
    pool: setup.watchesPool ? followPool(primary, setup.pool) : undefined,
    sharing,
    readiness: (rank) => primary.ask('readiness', rank ?? null),
  };
  parts.metrics.collectProcessMetrics();
  const app = await createApplication(await SidecarModule.of(parts), logger);
  follow(primary, setup, sharing, app);
  const { registry } = parts.metrics;
  primary.onAsked('metrics', (_, answer) => void dumpMetrics(registry).then(answer));
  tellMetrics(parts.metrics, (dump) => primary.tell('metrics', dump));
  const front = requestFront(app, parts);
  const data = dataListeners(app, front, { config, logger, certificates });
  primary.onTold('connections', (what) => data[what]());
  const { address, port } = await data.listen();
  const handles = { ...parts, pool: undefined, app, front, data, ops: undefined, certificates };
  const running = new RunningSidecar(handles);
  running.port = port;
  primary.tell('ready', { address, port });
  return running;
}

function follow(
  primary: Primary,
  { breakers, unhealthy }: WorkerSetup,
  sharing: Following,
  { nest }: Application,
): void {
  const prefillers = nest.get(Prefillers);
  const { follower } = sharing;
  for (const [prefiller, breaker] of breakers) follower?.update(prefiller, breaker);
  primary.onTold('breaker', ({ prefiller, breaker }) => follower?.update(prefiller, breaker));
  prefillers.replaceUnhealthy(unhealthy);
  primary.onTold('unhealthy', (labels) => prefillers.replaceUnhealthy(labels));
}

/** The primary says it, in one line. @returns never: the process ends */
function fail(primary: Primary, error: unknown): Promise<never> {
  const { message: reason, stack } = error instanceof Error ? error : new Error(String(error));
  const isDefect = !(error instanceof ListenError || error instanceof ConfigError);
  primary.tell('failed', isDefect ? { reason, stack } : { reason, code: error.code });
  // Not exit: what was told must get there. A worker whose channel is closed is ended by Node.
  process.disconnect?.();
  return new Promise(() => undefined);
}

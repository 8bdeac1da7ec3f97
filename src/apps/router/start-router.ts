import type { ConnectionOptions } from 'node:tls';
import { ConfigError } from '../../config/config-error.js';
import { started } from '../../config/stop-while-starting.js';
import { Fleet } from '../../fleet/fleet.js';
import { DrainState } from '../../health/drain-state.js';
import { ListenError } from '../../listener/bind.js';
import { bindingError } from '../../listener/binding-error.js';
import { createListener, type Listener } from '../../listener/listener.js';
import { AccessLog } from '../../logging/access-log.js';
import type { Logger } from '../../logging/logger.js';
import { RouterMetrics } from '../../metrics/router.metrics.js';
import { clientTls } from '../../tls/client-tls.js';
import { createApplication, type Application } from '../bootstrap.js';
import { createDiscovery } from './discovery.js';
import { FleetWatch } from './fleet-watch.js';
import { opsHandler } from './front/ops-handler.js';
import { Keys } from './front/keys.js';
import { Pools } from './routing/pools.service.js';
import { pairWorkers } from './pairs/pair-workers.js';
import { RouterFront } from './front/router-front.js';
import { RouterModule, type RouterParts } from './router.module.js';
import type { RouterConfig } from './router.settings.js';
import { routeLabel } from './front/routes.js';
import { specOf } from './api/worker-request.js';

/** A router that serves, until it is drained or closed. */
export interface RunningRouter {
  readonly port: number;
  readonly opsPort: number;
  readonly fleet: Fleet;
  /** Not ready at once, no new connections; what is in flight goes on, for the grace period at most. */
  drain(): Promise<void>;
  close(): Promise<void>;
  /** SIGTERM and SIGINT drain and exit with 0; a second one exits with 1 at once. */
  stopOnSignals(): void;
}

/**
 * Starts a router; workers are probed behind it, so that their state delays nothing.
 *
 * @throws ConfigError when a worker URL is none, or a port cannot be had
 */
export async function startRouter(config: RouterConfig, logger: Logger): Promise<RunningRouter> {
  const specs = [...config.workerUrls.map(workerAt), ...pairWorkers(config)];
  refuseOnePort(config);
  const fleet = fleetOf(config);
  const metrics = new RouterMetrics(routeLabel);
  const parts: RouterParts = { config, fleet, metrics, drain: new DrainState(), logger };
  watch(parts);
  const discovery = await createDiscovery(parts);
  const app = await createApplication(RouterModule.of(parts), logger);
  const pools = app.nest.get(Pools);
  metrics.treeSizes = () => pools.treeSizes();
  const watching = new FleetWatch(fleet, { pools, config, logger });
  const { data, ops } = listeners(app, parts);
  const close = async (): Promise<void> => {
    discovery.stop();
    watching.stop();
    pools.close();
    data.closeNow();
    ops?.closeNow();
    await app.nest.close();
    await logger.flush();
  };
  try {
    const opsPort = ops ? (await bound(ops, OPS_FLAGS)).port : 0;
    const { port, address } = await bound(data, DATA_FLAGS);
    for (const spec of specs) {
      if (!fleet.add(spec)) logger.warn('a worker is named twice', { worker: spec.address.url });
    }
    discovery.start();
    metrics.collectProcessMetrics();
    logger.info('ready', {
      address,
      port,
      policy: config.policy,
      workers: fleet.all.length,
      opsPort,
    });
    return running({ ...parts, port, opsPort, data, close });
  } catch (error) {
    await close();
    throw error;
  }
}

function refuseOnePort({ port, host, prometheusPort, prometheusHost }: RouterConfig): void {
  if (port === 0 || port !== prometheusPort || host !== prometheusHost) return;
  throw new ConfigError(`--prometheus-port=${port} is the port of --port too: give each its own`);
}

const DATA_FLAGS = { address: '--host', port: '--port' };
const OPS_FLAGS = { address: '--prometheus-host', port: '--prometheus-port' };

interface Handles extends RouterParts {
  readonly port: number;
  readonly opsPort: number;
  readonly data: Listener;
  readonly close: () => Promise<void>;
}

function running({
  port,
  opsPort,
  fleet,
  config,
  logger,
  drain,
  data,
  close,
}: Handles): RunningRouter {
  let stopping = false;
  const drainAll = async (): Promise<void> => {
    drain.begin();
    await data.drain(config.shutdownGracePeriodSecs, () =>
      logger.warn('--shutdown-grace-period-secs is over: what is still open is cut'),
    );
    await close();
  };
  return {
    port,
    opsPort,
    fleet,
    close,
    drain: drainAll,
    stopOnSignals: () => {
      started();
      const stop = (signal: string): void => {
        if (stopping) process.exit(1);
        stopping = true;
        logger.info('draining', { signal });
        void drainAll().then(() => process.exit(0));
      };
      process.on('SIGTERM', stop);
      process.on('SIGINT', stop);
    },
  };
}

function workerAt(url: string): Exclude<ReturnType<typeof specOf>, { status: number }> {
  const spec = specOf(url, { source: 'flags' });
  if ('status' in spec) throw new ConfigError(`--worker-urls: ${spec.error}`);
  return spec;
}

function fleetOf(config: RouterConfig): Fleet {
  const breaker = config.disableCircuitBreaker
    ? undefined
    : {
        threshold: config.cbFailureThreshold,
        cooldown: config.cbTimeoutDurationSecs,
        successes: config.cbSuccessThreshold,
        window: config.cbWindowDurationSecs,
      };
  const tls = (host: string): ConnectionOptions => clientTls({ insecureSkipVerify: false }, host);
  return new Fleet({ breaker, tls, ranks: config.dataParallelSize });
}

function watch({ fleet, metrics, logger }: RouterParts): void {
  metrics.workers = () =>
    fleet.all.map(({ id, isReady, inFlight, load, breaker, started, succeeded, failed }) => ({
      ...{ url: id, ready: isReady, inFlight, load, breaker: breaker.state },
      ...{ started, succeeded, failed },
    }));
  fleet.listen({
    added: ({ id, spec }) => logger.info('worker added', { worker: id, role: spec.role }),
    removed: ({ id }) => {
      metrics.choices.removed(id);
      logger.info('worker removed', { worker: id });
    },
    breakerChanged: ({ id }, from, to) => {
      metrics.breakerChanged(id, from, to);
      logger.warn('circuit breaker changed', { worker: id, from, to });
    },
  });
}

function listeners(
  { handle, nest }: Application,
  { config, metrics, logger }: RouterParts,
): { data: Listener; ops: Listener | undefined } {
  const requestIdHeaders = config.requestIdHeaders.map((name) => name.toLowerCase());
  const accessLog = nest.get(AccessLog);
  const keys = new Keys(config);
  const front = new RouterFront({ metrics, accessLog, keys, requestIdHeaders }, handle);
  const { port, host, prometheusPort, prometheusHost } = config;
  const data = createListener(
    {
      port,
      bindAddress: host,
      logger,
      mayTunnel: () => false,
      refused: (request) => front.idOf(request),
    },
    front.handle,
    (_request, socket) => socket.destroy(),
  );
  if (prometheusPort === 0) return { data, ops: undefined };
  const ops = createListener(
    { port: prometheusPort, bindAddress: prometheusHost, logger },
    opsHandler(metrics),
    (_request, socket) => socket.destroy(),
  );
  return { data, ops };
}

/** @param flags that say where it listens */
async function bound(
  listener: Listener,
  flags: Parameters<typeof bindingError>[1],
): ReturnType<Listener['listen']> {
  try {
    return await listener.listen();
  } catch (error) {
    throw error instanceof ListenError ? bindingError(error, flags) : error;
  }
}

import type { Environment } from '../../config/environment.js';
import type { ConnectionOptions } from 'node:tls';
import type { Given } from '../../config/given.js';
import { started } from '../../config/stop-while-starting.js';
import type { Endpoint } from '../../fleet/endpoint.js';
import { Fleet } from '../../fleet/fleet.js';
import { DrainState } from '../../health/drain-state.js';
import { ListenError } from '../../listener/bind.js';
import { bindingError } from '../../listener/binding-error.js';
import { createListener, type Listener } from '../../listener/listener.js';
import { AccessLog } from '../../logging/access-log.js';
import type { Logger } from '../../logging/logger.js';
import { RouterMetrics } from '../../metrics/router.metrics.js';
import type { Tracing } from '../../tracing/tracing.js';
import { clientTls } from '../../tls/client-tls.js';
import { createApplication, type Application } from '../bootstrap.js';
import { createDiscovery } from './discovery.js';
import { FleetWatch } from './fleet-watch.js';
import { Admission } from './front/admission.service.js';
import { DecisionLog } from './seeing/decision-log.js';
import { isLoopback } from './seeing/local-host.js';
import { opsHandler } from './seeing/ops-handler.js';
import { routerTracing } from './seeing/router-tracing.js';
import { routerState } from './seeing/router-state.js';
import { Keys } from './front/keys.js';
import { Pools } from './routing/pools.service.js';
import { RouterFront } from './front/router-front.js';
import { RouterModule, type RouterParts } from './router.module.js';
import { drainRouter } from './drain-router.js';
import { Cors } from './front/cors.js';
import { InFlight } from './front/in-flight.js';
import { checkConfig } from './configuration/check-config.js';
import { followFile, type FollowedFile } from './configuration/follow-file.js';
import { liveBreaker } from './configuration/live-policies.js';
import type { ConfigSource } from './configuration/reload.js';
import { StaticWorkers } from './configuration/static-workers.js';
import { RouterOptions } from './router.options.js';
import type { RouterConfig } from './router.settings.js';
import { routeLabel } from './front/routes.js';

/** A router that serves, until it is drained or closed. */
export interface RunningRouter {
  readonly port: number;
  readonly opsPort: number;
  readonly fleet: Fleet;
  /** The name of the policy that decides whether that worker gets a request. */
  readonly policyOf: (endpoint: Endpoint) => string;
  /**
   * Not ready at once, new requests are answered with 503; what is in flight goes on, for the grace period at most.
   *
   * @returns whether all of it ended by itself
   */
  drain(): Promise<boolean>;
  close(): Promise<void>;
  /** Reads the configuration file again, if there is one. */
  reload(): void;
  /** SIGTERM and SIGINT drain and exit with 0, with 1 when something had to be cut; a second one exits with 1 at once. */
  stopOnSignals(): void;
}

/** What else is known at start. */
export interface StartOptions {
  /** The file that the settings came from, to be followed. */
  readonly source?: ConfigSource | undefined;
  /** How each value was given, for messages. */
  readonly given?: ReadonlyMap<string, Given> | undefined;
  /** OpenTelemetry's own variables, with --enable-trace. */
  readonly env?: Environment | undefined;
  /** Within a program of others, whose process it does not measure. */
  readonly embedded?: boolean;
}

/**
 * Starts a router; workers are probed behind it, so that their state delays nothing.
 *
 * @throws ConfigError when a worker URL is none, or a port cannot be had
 */
export async function startRouter(
  config: RouterConfig,
  logger: Logger,
  { source, given = source?.given, env = {}, embedded = false }: StartOptions = {},
): Promise<RunningRouter> {
  checkConfig(config, given);
  const options = new RouterOptions(config);
  const fleet = fleetOf(options);
  const metrics = new RouterMetrics(routeLabel);
  const parts: RouterParts = { options, fleet, metrics, drain: new DrainState(), logger };
  watch(parts);
  const discovery = await createDiscovery(parts);
  const workers = new StaticWorkers(fleet, logger, options);
  options.onChange(['logLevel'], ({ logLevel }) => logger.setLevel(logLevel));
  const tracing = await routerTracing(config, logger, env);
  const app = await createApplication(RouterModule.of(parts), logger);
  const pools = app.nest.get(Pools);
  metrics.treeSizes = () => pools.treeSizes();
  const watching = new FleetWatch(app.nest, parts);
  const inFlight = new InFlight();
  const { data, ops } = listeners(app, parts, { inFlight, tracing });
  const reload = source?.path === undefined ? undefined : followFile(options, source, logger);
  const close = async (): Promise<void> => {
    reload?.close();
    discovery.stop();
    watching.stop();
    pools.close();
    data.closeNow();
    ops?.closeNow();
    await app.nest.close();
    await tracing.shutdown();
    await logger.flush();
  };
  try {
    const opsPort = ops ? (await bound(ops, OPS_FLAGS)).port : 0;
    const { port, address } = await bound(data, DATA_FLAGS);
    workers.change(config);
    discovery.start();
    if (!embedded) metrics.collectProcessMetrics();
    warnOfPairs(config, logger);
    const { policy } = config;
    logger.info('ready', { address, port, policy, workers: fleet.all.length, opsPort });
    return running({ ...parts, port, opsPort, pools, data, inFlight, close, reload });
  } catch (error) {
    await close();
    throw error;
  }
}

/** They may come by the worker API: nothing is wrong yet. */
function warnOfPairs(config: RouterConfig, logger: Logger): void {
  const { pdDisaggregation, prefill, decode } = config;
  const isFound =
    config.discoveryProvider ?? config.vllmDiscoveryAddress ?? config.serviceDiscovery;
  if (!pdDisaggregation || isFound) return;
  if (prefill.length > 0 && decode.length > 0) return;
  logger.warn(
    '--pd-disaggregation without --prefill and --decode: no pair can serve a request yet',
  );
}

const DATA_FLAGS = { address: '--host', port: '--port' };
const OPS_FLAGS = { address: '--prometheus-host', port: '--prometheus-port' };

interface Handles extends RouterParts {
  readonly port: number;
  readonly opsPort: number;
  readonly pools: Pools;
  readonly data: Listener;
  readonly inFlight: InFlight;
  readonly close: () => Promise<void>;
  readonly reload: FollowedFile | undefined;
}

function running(handles: Handles): RunningRouter {
  const { port, opsPort, fleet, pools, logger, close, reload } = handles;
  let draining: Promise<boolean> | undefined;
  const drain = (): Promise<boolean> => (draining ??= drainRouter(handles).finally(close));
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.info('draining', { signal });
    void drain().then((isDone) => process.exit(isDone ? 0 : 1));
  };
  return {
    port,
    opsPort,
    fleet,
    policyOf: (endpoint) => pools.policyOf(endpoint),
    close,
    drain,
    reload: () => reload?.reload(),
    stopOnSignals: () => {
      started();
      process.on('SIGTERM', stop);
      process.on('SIGINT', stop);
    },
  };
}

function fleetOf(options: RouterOptions): Fleet {
  const tls = (host: string): ConnectionOptions => clientTls({ insecureSkipVerify: false }, host);
  return new Fleet({ breaker: liveBreaker(options), tls, ranks: options.config.dataParallelSize });
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
  parts: RouterParts,
  { inFlight, tracing }: { readonly inFlight: InFlight; readonly tracing: Tracing },
): { data: Listener; ops: Listener | undefined } {
  const { options, metrics, drain, logger } = parts;
  const accessLog = nest.get(AccessLog);
  const keys = new Keys(options.config);
  options.onChange(['apiKey', 'adminApiKey'], (config) => keys.change(config));
  const cors = new Cors(options);
  const decisions = new DecisionLog(options.config.decisionLogSize);
  const services = {
    options,
    metrics,
    accessLog,
    decisions,
    keys,
    cors,
    drain,
    inFlight,
    tracing: options.config.enableTrace ? tracing : undefined,
  };
  const front = new RouterFront(services, handle);
  const { port, host, prometheusPort, prometheusHost } = options.config;
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
    opsHandler({
      metrics,
      decisions,
      state: () => stateOf(parts, nest),
      isLocal: isLoopback(prometheusHost),
    }),
    (_request, socket) => socket.destroy(),
  );
  return { data, ops };
}

function stateOf(
  { options, fleet, metrics, drain }: RouterParts,
  nest: Application['nest'],
): ReturnType<typeof routerState> {
  return routerState({
    ...{ config: options.config, fleet, metrics },
    admission: () => nest.get(Admission).state,
    policyOf: (endpoint) => nest.get(Pools).policyOf(endpoint),
    isDraining: () => drain.draining,
  });
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

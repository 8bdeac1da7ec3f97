import type { AddressInfo } from 'node:net';
import { ConfigError } from '../../config/config-error.js';
import type { Spelling } from '../../config/spelling.js';
import type { SidecarConfig } from '../../config/sidecar.config.js';
import { createHealthState } from '../../health/health-state.js';
import { ListenError } from '../../listener/bind.js';
import { createListener, type Listener } from '../../listener/listener.js';
import { AccessLog } from '../../logging/access-log.js';
import { createHeldLogger, type HeldLogger } from '../../logging/create-logger.js';
import type { Logger } from '../../logging/logger.js';
import { SidecarMetrics } from '../../metrics/sidecar.metrics.js';
import { GENERATE_PATHS } from '../../openai/api.js';
import { Origins } from '../../proxy/origins.js';
import { TunnelService } from '../../proxy/tunnel.service.js';
import { CertificateError, ServerCertificates } from '../../tls/certificates.js';
import { clientTls } from '../../tls/client-tls.js';
import { createTracing } from '../../tracing/create-tracing.js';
import type { TracingSettings } from '../../tracing/tracing-settings.js';
import { createApplication, type Application } from '../bootstrap.js';
import { opsHandler } from './ops-front.js';
import { watchPool } from './pool-watch.js';
import { RequestFront } from './request-front.js';
import { RunningSidecar } from './running-sidecar.js';
import { isPassedThrough } from './routes.js';
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
 * @returns when both ports listen
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
  const certificates = config.secureProxy ? await loadCertificates(config, logger) : undefined;
  const pool = await watchPool(config, logger, spelled);
  const parts: SidecarParts = {
    config,
    logger,
    metrics: new SidecarMetrics(GENERATE_PATHS),
    health: createHealthState({ port: config.modelServerPort, tls: decoderProbeTls(config) }),
    tracing: await createTracing(options.tracing, logger),
    pool,
  };
  parts.metrics.collectProcessMetrics();
  const app = await createApplication(await SidecarModule.of(parts), logger);
  const front = requestFront(app, parts);
  const data = dataListener(app, front, { config, logger, certificates });
  const ops = config.metricsPort > 0 ? opsListener(app, config, logger) : undefined;
  const running = new RunningSidecar({ ...parts, pool, app, front, data, ops, certificates });
  try {
    await listen(ops, 'metrics-port', spelled);
    const address = await listen(data, 'port', spelled);
    running.port = address!.port;
    logReady(logger, config, address!);
  } catch (error) {
    await running.close();
    throw error;
  }
  release();
  return running;
}

function requestFront({ handle, nest }: Application, parts: SidecarParts): RequestFront {
  const { config, logger, metrics, tracing } = parts;
  const accessLog = nest.get(AccessLog);
  const { requestTimeout } = config;
  return new RequestFront({ metrics, logger, tracing, accessLog, requestTimeout }, handle);
}

function dataListener(
  { nest }: Application,
  front: RequestFront,
  {
    config,
    logger,
    certificates,
  }: Pick<SidecarParts, 'config' | 'logger'> & { certificates: ServerCertificates | undefined },
): Listener {
  const tunnels = nest.get(TunnelService);
  const { decoder } = nest.get(Origins);
  return createListener(
    {
      port: config.port,
      bindAddress: config.bindAddress,
      tls: certificates,
      tlsMinVersion: config.tlsMinVersion,
      tlsCiphers: config.tlsCiphers,
      logger,
      mayTunnel: isPassedThrough,
      refused: (request, { status }) => front.refused(request, status),
      unreadable: (request) => front.unreadable(request),
    },
    front.handle,
    (request, socket, head) =>
      front.upgraded(request, socket, tunnels.open(request, socket, head, decoder)),
  );
}

function opsListener({ handle }: Application, config: SidecarConfig, logger: Logger): Listener {
  const { metricsPort: port, bindAddress } = config;
  return createListener({ port, bindAddress, logger }, opsHandler(handle), (_request, socket) =>
    socket.destroy(),
  );
}

async function listen(
  listener: Listener | undefined,
  key: 'port' | 'metrics-port',
  spelled: Spelling,
): Promise<AddressInfo | undefined> {
  try {
    return await listener?.listen();
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    const { code, message } = error;
    throw new ConfigError(
      code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT'
        ? `${spelled('bind-address')}: ${message}; give an address of this machine`
        : `${spelled(key)}: ${message}; free it or choose another`,
    );
  }
}

function openLog(config: SidecarConfig, spelled: Spelling): HeldLogger {
  try {
    return createHeldLogger(config.log);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const name = spelled('log-file', 'log-dir');
    throw new ConfigError(`${name}: cannot be written (${reason}): name a file that can`);
  }
}

async function loadCertificates(
  config: SidecarConfig,
  logger: Logger,
): Promise<ServerCertificates> {
  const { certPath, requireValidCert, podIp } = config;
  try {
    return await ServerCertificates.load({ certPath, requireValidCert, podIp, logger });
  } catch (error) {
    if (error instanceof CertificateError) throw new ConfigError(error.message);
    throw error;
  }
}

function decoderProbeTls({ upstreamTls, caCert }: SidecarConfig): HealthTls {
  const { decoder } = upstreamTls;
  return decoder.enabled ? clientTls({ ...decoder, caCert }, 'localhost') : undefined;
}

type HealthTls = Parameters<typeof createHealthState>[0]['tls'];

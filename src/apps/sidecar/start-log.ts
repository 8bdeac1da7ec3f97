import type { AddressInfo } from 'node:net';
import { UPSTREAMS } from '../../config/sidecar-connection.settings.js';
import type { SidecarConfig } from '../../config/sidecar.config.js';
import type { Logger } from '../../logging/logger.js';
import { indivisibleWith, replacementOf } from '../../connector/connectors.js';
import { encoderSettings, encodes } from '../../encoder/encoder.settings.js';
import { rankAddress } from '../../ssrf/rank-targets.js';
import { skipVerifyWarning } from '../../tls/client-tls.js';

/** Of a pool in which nothing happens the API server tells nothing for 90 s and more. */
const QUIET_POOL_MS = 120_000;

/** What an operator should know before the first request. */
export function logStart(logger: Logger, config: SidecarConfig, ignored: readonly string[]): void {
  for (const flag of ignored) {
    // With a reason behind it somebody may believe in an effect, of a protection perhaps.
    const level = flag.includes('(') ? 'warn' : 'info';
    logger[level]('flag or variable has no effect here and is ignored', { flag });
  }
  const { kvConnector, upstreamTls } = config;
  const replacedBy = replacementOf(kvConnector);
  if (replacedBy !== undefined) {
    logger.warn('connector is deprecated', { connector: kvConnector, use: replacedBy });
  }
  warnOfLostEffects(logger, config);
  const unverified = UPSTREAMS.filter(
    (name) => upstreamTls[name].enabled && upstreamTls[name].insecureSkipVerify,
  );
  const warning = skipVerifyWarning(unverified);
  if (warning !== undefined) logger.warn(warning, { upstreams: unverified });
  const { enabled, maxStaleness } = config.ssrf;
  if (enabled && maxStaleness > 0 && maxStaleness < QUIET_POOL_MS) {
    logger.warn('ssrf: --ssrf-max-staleness below 2m refuses good pods while a pool is quiet', {
      maxStalenessMs: maxStaleness,
    });
  }
  const { workers, maxBufferedBytes, maxRequestBytes } = config;
  const share = Math.floor(maxBufferedBytes / workers);
  if (share < maxRequestBytes) {
    const held = workers > 1 ? { bytesPerWorker: share } : { maxBufferedBytes };
    logger.warn(
      `${workers > 1 ? 'a worker' : 'the sidecar'} may hold fewer bytes than --max-request-bytes: longer bodies get 503`,
      { ...held, maxRequestBytes },
    );
  }
  logger.debug('configuration', { config: { ...config, caCert: config.caCert && '(given)' } });
}

/** Settings that are right each by itself, and do less together than they say. */
function warnOfLostEffects(logger: Logger, config: SidecarConfig): void {
  const { kvConnector, decodeChunkSize, dataParallelSize } = config;
  const reason = decodeChunkSize > 0 ? indivisibleWith(kvConnector) : undefined;
  if (reason !== undefined) {
    logger.warn('--decode-chunk-size: answers to prefilled requests are never divided', {
      ...{ connector: kvConnector, reason },
    });
  }
  if (dataParallelSize > 1 && rankAddress(config) === undefined) {
    logger.warn(
      'the address of this pod is not known: requests with x-data-parallel-host-port get 400; give --pod-ip, or set POD_IP',
      { dataParallelSize },
    );
  }
}

/** The ready line: one, when requests are taken. */
export function logReady(
  logger: Logger,
  config: SidecarConfig,
  address: Pick<AddressInfo, 'address' | 'port'>,
): void {
  logger.info('ready', {
    address: address.address,
    port: address.port,
    decoderPort: config.modelServerPort,
    connector: config.kvConnector,
    ...(encodes(config) && { ecConnector: encoderSettings(config).ecConnector }),
    ssrf: config.ssrf.enabled,
    secure: config.secureProxy,
    metricsPort: config.metricsPort,
    ...(config.dataParallelSize > 1 && { dataParallelSize: config.dataParallelSize }),
    ...(config.workers > 1 && { workers: config.workers }),
  });
}

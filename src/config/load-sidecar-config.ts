import { readFileSync } from 'node:fs';
import { readCertificates } from './ca-certificates.js';
import { uselessConnectorFlags, type ConnectorCatalog } from './connector-catalog.js';
import { ConfigError } from './config-error.js';
import { deepFreeze } from './deep-freeze.js';
import type { Given } from './given.js';
import { inferencePool, uselessPoolFlags } from './inference-pool.js';
import { loadSettings, type SettingSources } from './load-settings.js';
import { memoryLimit } from './memory-limit.js';
import { logConfig, uselessLogFlags } from './sidecar-log.js';
import { pick, pickDefined } from './pick.js';
import { refusePortClashes } from './port-clashes.js';
import type { ConnectorSettings, SidecarConfig } from './sidecar.config.js';
import { spellingOf, type Spelling } from './spelling.js';
import { camelCase } from './setting.js';
import { sidecarSettingsWith } from './sidecar.settings.js';
import { openSslCiphers } from './tls-names.js';
import { upstreamTls } from './upstream-tls.js';

/** The sidecar's configuration, and what was given without effect. */
export interface LoadedSidecarConfig {
  readonly config: SidecarConfig;
  /** As spelled; one log line each at start. */
  readonly ignored: readonly string[];
  readonly spelled: Spelling;
}

/** Settings that the program sees as they were given. */
const AS_GIVEN = [
  'port',
  'bindAddress',
  'metricsPort',
  'dataParallelSize',
  'modelServerPort',
  'enablePrefillerSampling',
  'decodeChunkSize',
  'secureProxy',
  'requireValidCert',
  'tlsMinVersion',
  'prefillerConnectTimeout',
  'prefillerTimeout',
  'requestTimeout',
  'prefillMaxRetries',
  'retryBackoff',
  'retryOn5xx',
  'prefillerFallback',
  'breakerThreshold',
  'breakerCooldown',
  'prefillerDiscovery',
  'prefillerHealthInterval',
  'maxPrefillResponseBytes',
  'maxRequestBytes',
  'maxIdleConnsPerHost',
  'shutdownTimeout',
  'workers',
  'tracing',
] as const;
/** Those that are left out where nothing was given. */
const IF_GIVEN = ['podIp', 'certPath', 'prefillerPort'] as const;

/**
 * Reads and validates the sidecar's settings (see `loadSettings` for the order of the sources).
 *
 * @param connectors what there is to choose from
 * @throws ConfigError of one line
 */
export function loadSidecarConfig(
  sources: SettingSources,
  connectors: ConnectorCatalog,
): LoadedSidecarConfig {
  const { config: flat, ignored, given } = loadSettings(sidecarSettingsWith(connectors), sources);
  const readFile = sources.readFile ?? ((path: string) => readFileSync(path, 'utf8'));
  const caCert = given.get('ca-cert');
  const pool = inferencePool(flat, given);
  const tlsCiphers = openSslCiphers(flat.tlsCipherSuites);
  const config: SidecarConfig = {
    ...pick(flat, AS_GIVEN),
    ...pickDefined(flat, IF_GIVEN),
    ...connectorChoice(flat, given, connectors),
    ...(tlsCiphers === undefined ? {} : { tlsCiphers }),
    upstreamTls: upstreamTls(given),
    ...(caCert === undefined ? {} : { caCert: readCertificates(caCert, readFile) }),
    ...(pool === undefined ? {} : { inferencePool: pool }),
    ssrf: {
      enabled: flat.enableSsrfProtection,
      checkPorts: flat.ssrfCheckPorts,
      syncTimeout: flat.ssrfSyncTimeout,
      maxStaleness: flat.ssrfMaxStaleness,
    },
    maxBufferedBytes: flat.maxBufferedBytes ?? Math.floor(memoryLimit() / 2),
    log: logConfig(flat),
  };
  refuseContradictions(config, given);
  connectors.check(config, spellingOf(given));
  return {
    config: deepFreeze(config),
    ignored: [
      ...ignored,
      ...uselessLogFlags(flat, given),
      ...uselessPoolFlags(flat, given),
      ...uselessConnectorFlags(config, given, connectors),
      ...(connectors.useless?.(config, given) ?? []),
    ],
    spelled: spellingOf(given),
  };
}

type ConnectorChoice = Pick<
  SidecarConfig,
  'kvConnector' | 'allowedConnectors' | 'connectorSettings'
>;

/** Where nothing is said of those that requests may choose, the configured one is among them. */
function connectorChoice(
  flat: Pick<SidecarConfig, 'kvConnector' | 'allowedConnectors'>,
  given: ReadonlyMap<string, Given>,
  connectors: ConnectorCatalog,
): ConnectorChoice {
  const values = flat as unknown as ConnectorSettings;
  const connectorSettings = pick(values, Object.keys(connectors.settings).map(camelCase));
  const kvConnector = connectors.meant(flat.kvConnector, connectorSettings);
  const { allowedConnectors: allowed } = flat;
  const leftOut = given.has('allowed-connectors') && !allowed.includes(flat.kvConnector);
  return {
    kvConnector,
    allowedConnectors: [...new Set(leftOut ? allowed : [...allowed, kvConnector])],
    connectorSettings,
  };
}

/** Rules between settings; each message names those that were given, else the flags. */
function refuseContradictions(config: SidecarConfig, given: ReadonlyMap<string, Given>): void {
  refusePortClashes(config, given);
  const named = spellingOf(given);
  if (!config.allowedConnectors.includes(config.kvConnector)) {
    throw new ConfigError(
      `${named('allowed-connectors')} leaves out ${config.kvConnector}, which ${named('kv-connector')} asks for: add it`,
    );
  }
}

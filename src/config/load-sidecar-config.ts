import { readFileSync } from 'node:fs';
import { readCertificates } from './ca-certificates.js';
import { ConfigError } from './config-error.js';
import { deepFreeze } from './deep-freeze.js';
import type { Given } from './given.js';
import { loadSettings, type SettingSources } from './load-settings.js';
import { memoryLimit } from './memory-limit.js';
import { logConfig, uselessLogFlags } from './sidecar-log.js';
import type { SidecarConfig } from './sidecar.config.js';
import { sidecarSettings } from './sidecar.settings.js';
import { openSslCiphers } from './tls-names.js';
import { upstreamTls } from './upstream-tls.js';

/** The sidecar's configuration, and what was given without effect. */
export interface LoadedSidecarConfig {
  readonly config: SidecarConfig;
  /** As spelled; one log line each at start. */
  readonly ignored: readonly string[];
  readonly spelled: Spelling;
}

/**
 * How a setting was given, for a message about it: the first of the keys that was given at all, as it was
 * spelled; else the flag of the first.
 */
export type Spelling = (...keys: [string, ...string[]]) => string;

/**
 * Reads and validates the sidecar's settings (see `loadSettings` for the order of the sources).
 *
 * @throws ConfigError of one line
 */
export function loadSidecarConfig(sources: SettingSources): LoadedSidecarConfig {
  const { config: flat, ignored, given } = loadSettings(sidecarSettings, sources);
  const readFile = sources.readFile ?? ((path: string) => readFileSync(path, 'utf8'));
  const caCert = given.get('ca-cert');
  const tlsCiphers = openSslCiphers(flat.tlsCipherSuites);
  const config: SidecarConfig = {
    port: flat.port,
    bindAddress: flat.bindAddress,
    metricsPort: flat.metricsPort,
    ...(flat.podIp === undefined ? {} : { podIp: flat.podIp }),
    modelServerPort: flat.modelServerPort,
    kvConnector: flat.kvConnector,
    allowedConnectors: [...new Set(flat.allowedConnectors)],
    enablePrefillerSampling: flat.enablePrefillerSampling,
    secureProxy: flat.secureProxy,
    ...(flat.certPath === undefined ? {} : { certPath: flat.certPath }),
    requireValidCert: flat.requireValidCert,
    tlsMinVersion: flat.tlsMinVersion,
    ...(tlsCiphers === undefined ? {} : { tlsCiphers }),
    upstreamTls: upstreamTls(given),
    ...(caCert === undefined ? {} : { caCert: readCertificates(caCert, readFile) }),
    prefillerConnectTimeout: flat.prefillerConnectTimeout,
    prefillerTimeout: flat.prefillerTimeout,
    requestTimeout: flat.requestTimeout,
    prefillMaxRetries: flat.prefillMaxRetries,
    retryBackoff: flat.retryBackoff,
    retryOn5xx: flat.retryOn5xx,
    prefillerFallback: flat.prefillerFallback,
    maxPrefillResponseBytes: flat.maxPrefillResponseBytes,
    maxRequestBytes: flat.maxRequestBytes,
    maxBufferedBytes: flat.maxBufferedBytes ?? Math.floor(memoryLimit() / 2),
    maxIdleConnsPerHost: flat.maxIdleConnsPerHost,
    shutdownTimeout: flat.shutdownTimeout,
    tracing: flat.tracing,
    log: logConfig(flat),
  };
  refuseContradictions(config, given);
  return {
    config: deepFreeze(config),
    ignored: [...ignored, ...uselessLogFlags(flat, given)],
    spelled: spellingOf(given),
  };
}

function spellingOf(given: ReadonlyMap<string, Given>): Spelling {
  return (...keys) => {
    const found = keys.find((key) => given.has(key));
    return found === undefined ? `--${keys[0]}` : given.get(found)!.spelled;
  };
}

/** Rules between settings; each message names those that were given, else the flags. */
function refuseContradictions(config: SidecarConfig, given: ReadonlyMap<string, Given>): void {
  const named = spellingOf(given);
  const ports = [
    ['port', config.port],
    ['metrics-port', config.metricsPort],
    ['model-server-port', config.modelServerPort],
  ] as const;
  for (const [index, [key, port]] of ports.entries()) {
    const twin = ports.slice(0, index).find(([, other]) => other === port);
    if (twin && (key !== 'model-server-port' || coversLoopback(config.bindAddress))) {
      const [first, second] = given.has(key) ? [key, twin[0]] : [twin[0], key];
      throw new ConfigError(
        `${named(first)}=${port} is the port of ${named(second)} too: give each its own`,
      );
    }
  }
  if (!config.allowedConnectors.includes(config.kvConnector)) {
    throw new ConfigError(
      `${named('allowed-connectors')} leaves out ${config.kvConnector}, which ${named('kv-connector')} asks for: add it`,
    );
  }
}

/** The model server is dialled at 127.0.0.1 and ::1. */
function coversLoopback(address: string): boolean {
  return ['::', '0.0.0.0', '127.0.0.1', '::1'].includes(address);
}

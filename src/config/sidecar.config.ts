import { registerAs } from '@nestjs/config';
import type { ConnectorName } from './connector-names.js';
import type { LogConfig } from './sidecar-log.js';
import type { Upstream } from './sidecar-connection.settings.js';
import type { TlsVersion } from './tls-names.js';

/** How a model server is spoken to. */
export interface UpstreamTlsConfig {
  readonly enabled: boolean;
  readonly insecureSkipVerify: boolean;
  /** The name that the certificate must hold; left out, the name that is dialled. */
  readonly serverName?: string;
}

/** The sidecar's settings, validated and deep-frozen. Times are milliseconds, 0 is off. */
export interface SidecarConfig {
  readonly port: number;
  /** `::` stands for all interfaces; the listener falls back to 0.0.0.0 where IPv6 is off. */
  readonly bindAddress: string;
  /** 0 is off. */
  readonly metricsPort: number;
  readonly podIp?: string;

  readonly modelServerPort: number;
  readonly kvConnector: ConnectorName;
  readonly allowedConnectors: readonly ConnectorName[];
  readonly enablePrefillerSampling: boolean;

  readonly secureProxy: boolean;
  readonly certPath?: string;
  readonly requireValidCert: boolean;
  readonly tlsMinVersion: TlsVersion;
  /** For Node's `ciphers` option; left out, those that `listener/tls-front.ts` names. */
  readonly tlsCiphers?: string;
  readonly upstreamTls: Readonly<Record<Upstream, UpstreamTlsConfig>>;
  /** The content of `--ca-cert`: PEM, trusted beside the system's roots. */
  readonly caCert?: string;

  readonly prefillerConnectTimeout: number;
  readonly prefillerTimeout: number;
  readonly requestTimeout: number;
  readonly prefillMaxRetries: number;
  readonly retryBackoff: number;
  readonly retryOn5xx: boolean;
  readonly prefillerFallback: 'candidates' | 'none';

  readonly maxPrefillResponseBytes: number;
  readonly maxRequestBytes: number;
  readonly maxBufferedBytes: number;
  readonly maxIdleConnsPerHost: number;

  readonly shutdownTimeout: number;
  readonly tracing: boolean;
  readonly log: LogConfig;
}

/**
 * What providers inject:
 * `constructor(@Inject(sidecarConfig.KEY) config: ConfigType<typeof sidecarConfig>)`.
 * The values come from `SidecarConfigModule.of(config)`.
 */
export const sidecarConfig = registerAs('sidecar', (): SidecarConfig => {
  throw new Error('import SidecarConfigModule.of(config), which holds the loaded settings');
});

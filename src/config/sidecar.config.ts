import { registerAs } from '@nestjs/config';
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

/** The InferencePool that is watched. */
export interface InferencePoolConfig {
  readonly namespace: string;
  readonly name: string;
  /** Left out: the known groups in turn. */
  readonly group?: string;
  readonly version?: string;
  /** Left out: the service account of the pod. */
  readonly kubeconfig?: string;
}

/** Protection against requests that name targets outside the pool. */
export interface SsrfConfig {
  readonly enabled: boolean;
  readonly checkPorts: boolean;
  readonly syncTimeout: number;
  readonly maxStaleness: number;
}

/** The connectors' own settings by camel-case name; each connector knows its own. */
export type ConnectorSettings = Readonly<Record<string, unknown>>;

/** The sidecar's settings, validated and deep-frozen. Times are milliseconds, 0 is off. */
export interface SidecarConfig {
  /** Of data-parallel rank 0, the only one where there are not several; rank r listens at `port + r`. */
  readonly port: number;
  /** `::` stands for all interfaces; the listener falls back to 0.0.0.0 where IPv6 is off. */
  readonly bindAddress: string;
  /** 0 is off. */
  readonly metricsPort: number;
  readonly podIp?: string;
  /** How many ranks; each has a listener and a model server of its own. */
  readonly dataParallelSize: number;

  /** Of rank 0; that of rank r is at `modelServerPort + r`. */
  readonly modelServerPort: number;
  /** The connector of requests that choose none; one of {@link allowedConnectors}. */
  readonly kvConnector: string;
  readonly allowedConnectors: readonly string[];
  readonly connectorSettings: ConnectorSettings;
  readonly enablePrefillerSampling: boolean;
  /** Tokens that one request to the decoder may give; 0 is off. */
  readonly decodeChunkSize: number;

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
  readonly prefillerFallback: 'candidates' | 'none' | 'pool';
  /** Failures in a row that open a prefiller's breaker; 0 is off. */
  readonly breakerThreshold: number;
  readonly breakerCooldown: number;
  readonly prefillerDiscovery: boolean;
  /** Left out: the pool's first target port. */
  readonly prefillerPort?: number;
  readonly prefillerHealthInterval: number;

  /** Set where something needs it: protection, discovery or the fallback to the pool. */
  readonly inferencePool?: InferencePoolConfig;
  readonly ssrf: SsrfConfig;

  readonly maxPrefillResponseBytes: number;
  readonly maxRequestBytes: number;
  readonly maxBufferedBytes: number;
  readonly maxIdleConnsPerHost: number;

  readonly shutdownTimeout: number;
  /** Processes that serve clients; 1: this one alone. */
  readonly workers: number;
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

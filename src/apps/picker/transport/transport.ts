import type { Decider } from '../../../ext-proc/decider.js';
import { ExtProcSession } from '../../../ext-proc/session.js';
import { GrpcServer, type GrpcMethod } from '../../../grpc/grpc-server.js';
import { healthMethods, type StatusOf } from '../../../grpc/health.js';
import { ConfigError } from '../../../config/config-error.js';
import { memoryLimit } from '../../../config/memory-limit.js';
import { BufferBudget } from '../../../proxy/buffer-budget.js';
import { openSslCiphers } from '../../../config/tls-names.js';
import type { Logger } from '../../../logging/logger.js';
import type { PickerMetrics } from '../../../metrics/picker.metrics.js';
import { CertificateError, ServerCertificates } from '../../../tls/certificates.js';
import type { PickerConfig } from '../picker.settings.js';
import type { Serving } from '../serving.js';
import { EXT_PROC } from './health-of.js';
import { bound } from './bound.js';
import { Streams } from './streams.js';

export interface TransportParts {
  readonly config: PickerConfig;
  readonly serving: Serving;
  readonly decider: Decider;
  readonly statusOf: StatusOf;
  readonly metrics: PickerMetrics;
  readonly logger: Logger;
}

/** The ports on which proxies and probes speak gRPC. */
export class Transport {
  readonly streams: Streams;
  private readonly service: GrpcServer;
  private readonly health: GrpcServer | undefined;

  private constructor(
    private readonly parts: TransportParts,
    private readonly certificates: ServerCertificates | undefined,
  ) {
    const { decider, statusOf, metrics, config, serving } = parts;
    this.streams = new Streams(metrics);
    const budget = new BufferBudget(config.maxBufferedBytes ?? Math.floor(memoryLimit() / 2));
    const process: GrpcMethod = (call) =>
      this.streams.serve(call, new ExtProcSession(call, decider, budget));
    const health = healthMethods(statusOf);
    const options = {
      mostBytes: config.grpcMaxRecvMsgSize,
      budget,
      failed: (error: unknown, path: string) =>
        parts.logger.error('a gRPC call failed: this is a defect', { path, error }),
    };
    this.service = new GrpcServer({
      ...options,
      methods: new Map([[`/${EXT_PROC}/Process`, process], ...health]),
      tls: certificates && {
        cert: certificates.current.cert,
        key: certificates.current.key,
        minVersion: config.tlsMinVersion ?? 'TLSv1.2',
        ciphers: openSslCiphers(config.tlsCipherSuites ?? []),
      },
    });
    if (config.enableCertReload)
      certificates?.onChange((pair) => this.service.setSecureContext(pair));
    if (serving.healthPort > 0) this.health = new GrpcServer({ ...options, methods: health });
  }

  /** @throws ConfigError where --cert-path has no usable pair */
  static async create(parts: TransportParts): Promise<Transport> {
    return new Transport(parts, parts.serving.secure ? await certificatesOf(parts) : undefined);
  }

  /** @returns the ports; 0 for what is off @throws ConfigError where one cannot be had */
  async listen(): Promise<{ readonly port: number; readonly healthPort: number }> {
    const { address, grpcPort, healthPort, portSetting } = this.parts.serving;
    const { health, service } = this;
    const probed = health && bound(() => health.listen(healthPort, address), '--grpc-health-port');
    const at = (await probed) ?? 0;
    return {
      port: await bound(() => service.listen(grpcPort, address), portSetting),
      healthPort: at,
    };
  }

  /** Proxies are told to go elsewhere; what they have sent until they hear it is still served. */
  announceEnd(): void {
    this.service.announceEnd();
  }

  /** New streams are refused, and proxies told to go elsewhere; those that have begun go on, and probes are answered. */
  refuse(): void {
    this.streams.refuse();
    this.service.refuse();
  }

  close(): void {
    this.certificates?.close();
    this.service.close();
    this.health?.close();
  }
}

/** @throws ConfigError */
async function certificatesOf({ config, logger }: TransportParts): Promise<ServerCertificates> {
  if (config.enableCertReload && config.certPath === undefined) {
    logger.warn('--enable-cert-reload reloads nothing: give --cert-path FOLDER');
  }
  try {
    return await ServerCertificates.load({
      certPath: config.certPath,
      // Nothing is looked for that was not named.
      defaultPath: '',
      requireValidCert: config.certPath !== undefined,
      flag: '--cert-path',
      logger,
    });
  } catch (error) {
    throw error instanceof CertificateError ? new ConfigError(error.message) : error;
  }
}

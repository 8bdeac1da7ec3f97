import type { Decider } from '../../../ext-proc/decider.js';
import { ExtProcSession } from '../../../ext-proc/session.js';
import { GrpcServer, type GrpcMethod } from '../../../grpc/grpc-server.js';
import { healthMethods, type StatusOf } from '../../../grpc/health.js';
import { openSslCiphers } from '../../../config/tls-names.js';
import type { Logger } from '../../../logging/logger.js';
import type { PickerMetrics } from '../../../metrics/picker.metrics.js';
import { ServerCertificates } from '../../../tls/certificates.js';
import type { PickerConfig } from '../picker.settings.js';
import type { Serving } from '../serving.js';
import { EXT_PROC } from './health-of.js';
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
    const process: GrpcMethod = (call) =>
      this.streams.serve(call, new ExtProcSession(call, decider));
    const health = healthMethods(statusOf);
    const options = {
      mostBytes: config.grpcMaxRecvMsgSize,
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

  /** @throws CertificateError where --cert-path has no usable pair */
  static async create(parts: TransportParts): Promise<Transport> {
    const { config, serving, logger } = parts;
    if (!serving.secure) return new Transport(parts, undefined);
    const certificates = await ServerCertificates.load({
      certPath: config.certPath,
      // Nothing is looked for that was not named.
      defaultPath: '',
      requireValidCert: config.certPath !== undefined,
      logger,
    });
    return new Transport(parts, certificates);
  }

  /** @returns the ports; 0 for what is off @throws ListenError */
  async listen(): Promise<{ readonly port: number; readonly healthPort: number }> {
    const { address, grpcPort, healthPort } = this.parts.serving;
    const at = (await this.health?.listen(healthPort, address)) ?? 0;
    return { port: await this.service.listen(grpcPort, address), healthPort: at };
  }

  /** Proxies are told to go elsewhere; what they have sent until they hear it is still served. */
  announceEnd(): void {
    this.service.announceEnd();
  }

  /** New streams are refused on the service's port; those that have begun go on. */
  refuse(): void {
    this.service.refuse();
  }

  close(): void {
    this.certificates?.close();
    this.service.close();
    this.health?.close();
  }
}

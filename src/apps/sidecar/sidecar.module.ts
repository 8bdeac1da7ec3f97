import { Module, type DynamicModule } from '@nestjs/common';
import { ChunkedModule } from '../../chunked/chunked.module.js';
import { SidecarConfigModule } from '../../config/config.module.js';
import type { SidecarConfig } from '../../config/sidecar.config.js';
import { ConnectorModule } from '../../connector/connector.module.js';
import { EncoderModule } from '../../encoder/encoder.module.js';
import { HealthModule } from '../../health/health.module.js';
import type { HealthState } from '../../health/health-state.js';
import type { AskReadiness } from '../../health/relayed-health.js';
import type { PoolSource } from '../../kubernetes/inference-pool.js';
import { KubernetesModule } from '../../kubernetes/kubernetes.module.js';
import { LoggingModule } from '../../logging/logging.module.js';
import type { Logger } from '../../logging/logger.js';
import { MetricsModule } from '../../metrics/metrics.module.js';
import type { SidecarMetrics } from '../../metrics/sidecar.metrics.js';
import type { PrefillerSharing } from '../../prefiller/prefiller-sharing.js';
import { PrefillerSharingModule } from '../../prefiller/prefiller-sharing.module.js';
import { PrefillerModule } from '../../prefiller/prefiller.module.js';
import { ProxyModule } from '../../proxy/proxy.module.js';
import { SsrfModule } from '../../ssrf/ssrf.module.js';
import { TracingModule } from '../../tracing/tracing.module.js';
import type { Tracing } from '../../tracing/tracing.js';
import { EncodeStep } from './encode-step.js';
import { LegHeads } from './leg-heads.js';
import { PrefillInterceptor } from './prefill.interceptor.js';
import { PrefillObserver } from './prefill-observer.js';
import { ProxyController } from './proxy.controller.js';
import { RequestBodies } from './request-bodies.js';

/** What is made before Nest starts, because starting and stopping need it too. */
export interface SidecarParts {
  readonly config: SidecarConfig;
  readonly logger: Logger;
  readonly metrics: SidecarMetrics;
  readonly health: HealthState;
  readonly tracing: Tracing;
  /** Undefined where nothing needs the InferencePool. */
  readonly pool: PoolSource | undefined;
  /** Undefined where one process does it all. */
  readonly sharing?: PrefillerSharing | undefined;
  /** Asks another process whether all is well; undefined where this one knows. */
  readonly readiness?: AskReadiness | undefined;
}

/** The sidecar: guards admit, the interceptor prepares, the controller streams. */
@Module({})
export class SidecarModule {
  static async of(parts: SidecarParts): Promise<DynamicModule> {
    return {
      module: SidecarModule,
      imports: [
        await SidecarConfigModule.of(parts.config),
        LoggingModule.of(parts.logger),
        MetricsModule.withEndpoint(parts.metrics),
        TracingModule.of(parts.tracing),
        parts.readiness
          ? HealthModule.relayed(parts.health, parts.readiness)
          : HealthModule.of(parts.health),
        KubernetesModule.of(parts.pool),
        SsrfModule,
        PrefillerSharingModule.of(parts.sharing),
        PrefillerModule,
        ConnectorModule,
        EncoderModule,
        ChunkedModule,
        ProxyModule,
      ],
      controllers: [ProxyController],
      providers: [EncodeStep, LegHeads, PrefillInterceptor, PrefillObserver, RequestBodies],
    };
  }
}

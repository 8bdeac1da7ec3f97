import { Module, type DynamicModule } from '@nestjs/common';
import { SidecarConfigModule } from '../../config/config.module.js';
import { HealthModule } from '../../health/health.module.js';
import { KubernetesModule } from '../../kubernetes/kubernetes.module.js';
import { LoggingModule } from '../../logging/logging.module.js';
import { MetricsModule } from '../../metrics/metrics.module.js';
import type { MetricsReport } from '../../metrics/metrics-report.js';
import { PrefillerSharingModule } from '../../prefiller/prefiller-sharing.module.js';
import { PrefillerModule } from '../../prefiller/prefiller.module.js';
import { SsrfModule } from '../../ssrf/ssrf.module.js';
import { TracingModule } from '../../tracing/tracing.module.js';
import type { SidecarParts } from './sidecar.module.js';

/** The process above several workers: it serves no clients, and knows for all what is to be known once. */
@Module({})
export class PrimaryModule {
  /** @param report what GET /metrics answers */
  static async of(parts: SidecarParts, report: MetricsReport): Promise<DynamicModule> {
    return {
      module: PrimaryModule,
      imports: [
        await SidecarConfigModule.of(parts.config),
        LoggingModule.of(parts.logger),
        MetricsModule.withEndpoint(parts.metrics, report),
        TracingModule.of(parts.tracing),
        HealthModule.of(parts.health),
        KubernetesModule.of(parts.pool),
        SsrfModule,
        PrefillerSharingModule.of(parts.sharing),
        PrefillerModule,
      ],
    };
  }
}

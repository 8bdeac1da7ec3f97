import { type DynamicModule, Module } from '@nestjs/common';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { MetricsController } from './metrics.controller.js';
import { MetricsReport, OwnReport } from './metrics-report.js';
import { SidecarMetrics } from './sidecar.metrics.js';

/**
 * HOW MUCH AND HOW FAST? Provides {@link SidecarMetrics} to every module.
 *
 * The route is a separate choice: on the data port /metrics belongs to the model server.
 */
@Module({})
export class MetricsModule {
  /** Counting only: for the application on the data port. */
  static of(metrics: SidecarMetrics): DynamicModule {
    return {
      module: MetricsModule,
      global: true,
      providers: [{ provide: SidecarMetrics, useValue: metrics }],
      exports: [SidecarMetrics],
    };
  }

  /**
   * Counting and GET /metrics: for the application on the metrics port.
   *
   * @param report what it answers; unless given, what is counted here
   */
  static withEndpoint(
    metrics: SidecarMetrics,
    report: MetricsReport = new OwnReport(metrics.registry),
  ): DynamicModule {
    const module = MetricsModule.of(metrics);
    return {
      ...module,
      providers: [...module.providers!, { provide: MetricsReport, useValue: report }],
      exports: [...module.exports!, MetricsReport],
      imports: [
        PrometheusModule.register({
          controller: MetricsController,
          // Process metrics are on the registry of SidecarMetrics, not on prom-client's global one.
          defaultMetrics: { enabled: false },
        }),
      ],
    };
  }
}

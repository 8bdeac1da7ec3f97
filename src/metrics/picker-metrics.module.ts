import { type DynamicModule, Module } from '@nestjs/common';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { MetricsController } from './metrics.controller.js';
import { MetricsReport } from './metrics-report.js';
import { PickerMetrics } from './picker.metrics.js';
import { WrittenReport } from './written-report.js';

/** GET /metrics of what the picker counts. */
@Module({})
export class PickerMetricsModule {
  static of(metrics: PickerMetrics): DynamicModule {
    return {
      module: PickerMetricsModule,
      global: true,
      imports: [
        // Process metrics are on the registry of PickerMetrics, not on prom-client's global one.
        PrometheusModule.register({
          controller: MetricsController,
          defaultMetrics: { enabled: false },
        }),
      ],
      providers: [
        { provide: PickerMetrics, useValue: metrics },
        { provide: MetricsReport, useValue: new WrittenReport(metrics.registry) },
      ],
      exports: [PickerMetrics, MetricsReport],
    };
  }
}

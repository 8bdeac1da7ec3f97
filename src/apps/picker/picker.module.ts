import { Module, type DynamicModule } from '@nestjs/common';
import { HealthModule } from '../../health/health.module.js';
import type { HealthState } from '../../health/health-state.js';
import { LoggingModule } from '../../logging/logging.module.js';
import { PickerMetricsModule } from '../../metrics/picker-metrics.module.js';
import { Decisions } from './deciding/decisions.service.js';
import type { PickerParts } from './picker-parts.js';
import { DecisionRing } from './seeing/decision-ring.js';
import { DecisionsController } from './seeing/decisions.controller.js';

/** The picker: a session reads what the proxy sends, `Decisions` picks, the session answers. */
@Module({})
export class PickerModule {
  static of(parts: PickerParts, health: HealthState): DynamicModule {
    return {
      module: PickerModule,
      imports: [
        LoggingModule.of(parts.logger),
        PickerMetricsModule.of(parts.metrics),
        HealthModule.of(health),
      ],
      controllers: parts.config.explain ? [DecisionsController] : [],
      providers: [
        { provide: DecisionRing, useValue: parts.decisions },
        { provide: Decisions, useFactory: () => new Decisions(parts) },
      ],
      exports: [Decisions],
    };
  }
}

import { type DynamicModule, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DrainState } from './drain-state.js';
import { HealthController } from './health.controller.js';
import { HealthRegistry } from './health-registry.service.js';
import { HealthService } from './health.service.js';
import type { HealthState } from './health-state.js';
import { RelayedHealth, type AskReadiness } from './relayed-health.js';

/**
 * AM I WELL? GET /health and GET /health/ready, by Terminus.
 *
 * A feature adds a condition with `HealthRegistry.register`; the owner of the listener begins the
 * shutdown with `DrainState.begin`. Needs `LoggingModule`.
 */
@Module({})
export class HealthModule {
  /** @param state of `createHealthState`; both ports' applications are given the same one */
  static of(state: HealthState): DynamicModule {
    return {
      module: HealthModule,
      global: true,
      // Terminus would log each failed check; HealthService logs each change.
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController],
      providers: [
        HealthService,
        { provide: HealthRegistry, useValue: state.registry },
        { provide: DrainState, useValue: state.drain },
      ],
      exports: [HealthService, HealthRegistry, DrainState],
    };
  }
  /**
   * Of a process among several, where another one knows whether all is well.
   *
   * @param ask it, about one data-parallel rank or about all; rejects when it does not answer
   */
  static relayed(state: HealthState, ask: AskReadiness): DynamicModule {
    return {
      module: HealthModule,
      global: true,
      controllers: [HealthController],
      providers: [
        { provide: HealthService, useValue: new RelayedHealth(ask) },
        { provide: HealthRegistry, useValue: state.registry },
        { provide: DrainState, useValue: state.drain },
      ],
      exports: [HealthService, HealthRegistry, DrainState],
    };
  }
}

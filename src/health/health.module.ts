import { type DynamicModule, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DecoderHealth, type DecoderHealthOptions } from './decoder.health.js';
import { DrainHealth } from './drain.health.js';
import { DrainState } from './drain-state.js';
import { HealthController } from './health.controller.js';
import { HealthRegistry } from './health-registry.service.js';
import { HealthService } from './health.service.js';

/** What two applications of one process share, so that both ports give the same answer. */
export interface HealthOptions {
  readonly decoder: DecoderHealthOptions;
  /** Shared with another application; made here unless given. */
  readonly registry?: HealthRegistry | undefined;
  readonly drain?: DrainState | undefined;
}

/**
 * AM I WELL? GET /health and GET /health/ready, by Terminus.
 *
 * A feature adds a condition with `HealthRegistry.register`; the listener's owner begins the drain
 * with `DrainState.begin`. Needs `LoggingModule`.
 */
@Module({})
export class HealthModule {
  static of(options: HealthOptions): DynamicModule {
    return {
      module: HealthModule,
      // Terminus logs each failed check; HealthService logs each change instead.
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController],
      providers: [
        HealthService,
        { provide: DrainState, useValue: options.drain ?? new DrainState() },
        {
          provide: HealthRegistry,
          inject: [DrainState],
          useFactory: (drain: DrainState) => options.registry ?? defaultRegistry(options, drain),
        },
      ],
      exports: [HealthRegistry, HealthService, DrainState],
    };
  }
}

function defaultRegistry(options: HealthOptions, drain: DrainState): HealthRegistry {
  const registry = new HealthRegistry();
  registry.register(new DrainHealth(drain));
  registry.register(new DecoderHealth(options.decoder));
  return registry;
}

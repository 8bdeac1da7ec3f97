import { type DynamicModule, Module } from '@nestjs/common';
import { Tracing } from './tracing.js';

/** WHERE DID THE TIME GO? Provides {@link Tracing} to every module. */
@Module({})
export class TracingModule {
  /** @param tracing of `createTracing`, made before Nest starts; its maker shuts it down */
  static of(tracing: Tracing): DynamicModule {
    return {
      module: TracingModule,
      global: true,
      providers: [{ provide: Tracing, useValue: tracing }],
      exports: [Tracing],
    };
  }
}

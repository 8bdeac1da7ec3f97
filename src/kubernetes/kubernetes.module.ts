import { Module, type DynamicModule } from '@nestjs/common';
import { NoPool, PoolSource } from './inference-pool.js';

/** WHAT DOES THE INFERENCEPOOL SELECT? Provides {@link PoolSource} to every module. */
@Module({})
export class KubernetesModule {
  /** @param pool started and stopped by its owner; undefined where none is watched */
  static of(pool: PoolSource | undefined): DynamicModule {
    return {
      module: KubernetesModule,
      global: true,
      providers: [{ provide: PoolSource, useValue: pool ?? new NoPool() }],
      exports: [PoolSource],
    };
  }
}

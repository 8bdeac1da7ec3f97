import { type DynamicModule, Module } from '@nestjs/common';
import { AccessLog } from './access-log.js';
import { Logger } from './logger.js';

/** WHAT HAPPENED? Provides {@link Logger} and {@link AccessLog} to every module. */
@Module({})
export class LoggingModule {
  /** @param logger made before Nest starts, for start-up errors are logged too */
  static of(logger: Logger): DynamicModule {
    return {
      module: LoggingModule,
      global: true,
      providers: [{ provide: Logger, useValue: logger }, AccessLog],
      exports: [Logger, AccessLog],
    };
  }
}

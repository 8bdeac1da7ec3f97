import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { AccessLog } from './access-log.js';
import { Logger } from './logger.js';
import { LoggingModule } from './logging.module.js';
import { SilentLogger } from './silent-logger.js';

@Injectable()
class Feature {
  constructor(
    readonly logger: Logger,
    readonly accessLog: AccessLog,
  ) {}
}

@Module({ providers: [Feature] })
class FeatureModule {}

describe(LoggingModule.name, () => {
  it('provides the logger and the access log to modules that do not import it', async () => {
    const logger = new SilentLogger();
    const app = await Test.createTestingModule({
      imports: [LoggingModule.of(logger), FeatureModule],
    }).compile();
    const feature = app.get(Feature, { strict: false });
    expect(feature.logger).toBe(logger);
    expect(feature.accessLog).toBeInstanceOf(AccessLog);
    await app.close();
  });
});

import { describe, expect, it } from '@jest/globals';
import { Inject, Injectable, Module } from '@nestjs/common';
import { ConfigService, type ConfigType } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { SidecarConfigModule } from './config.module.js';
import { loadConfig } from '../../test/support/sidecar-config.js';
import { sidecarConfig } from './sidecar.config.js';

@Injectable()
class Reader {
  constructor(@Inject(sidecarConfig.KEY) readonly config: ConfigType<typeof sidecarConfig>) {}
}

@Module({ providers: [Reader], exports: [Reader] })
class FeatureModule {}

async function start(argv: string[]) {
  const { config } = loadConfig({ argv, env: {} });
  const root = {
    module: class AppModule {},
    imports: [SidecarConfigModule.of(config), FeatureModule],
  };
  const app = await NestFactory.createApplicationContext(root, { logger: false });
  return { app, config };
}

describe(SidecarConfigModule.name, () => {
  it('injects the loaded settings themselves into features that import nothing', async () => {
    const { app, config } = await start(['--port=8100']);
    const reader = app.get(Reader);
    expect(reader.config).toBe(config);
    expect(reader.config.port).toBe(8100);
    await app.close();
  });

  it('keeps two apps in one process apart', async () => {
    const first = await start(['--port=8100']);
    const second = await start(['--port=8200']);
    expect(first.app.get(Reader).config.port).toBe(8100);
    expect(second.app.get(Reader).config.port).toBe(8200);
    await Promise.all([first.app.close(), second.app.close()]);
  });

  it('leaves the environment to the loader', async () => {
    const { app } = await start([]);
    expect(app.get(ConfigService).get('PATH')).toBeUndefined();
    await app.close();
  });
});

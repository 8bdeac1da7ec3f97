import { Module, type DynamicModule } from '@nestjs/common';
import { ConfigModule, registerAs } from '@nestjs/config';
import type { SidecarConfig } from './sidecar.config.js';

/**
 * Puts the loaded settings where every provider of an app can inject them, as
 * `@Inject(sidecarConfig.KEY) config: ConfigType<typeof sidecarConfig>`.
 */
@Module({})
export class SidecarConfigModule {
  /** @param config what `loadSidecarConfig` gave: the very same frozen object is injected */
  static async of(config: SidecarConfig): Promise<DynamicModule> {
    const values = await ConfigModule.forRoot({
      // Nothing is read here: files and variables are `loadSidecarConfig`'s.
      ignoreEnvFile: true,
      ignoreEnvVars: true,
      skipProcessEnv: true,
      isGlobal: true,
      load: [registerAs('sidecar', () => config)],
    });
    return { module: SidecarConfigModule, imports: [values] };
  }
}

import { Module } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { sidecarConfig } from '../config/sidecar.config.js';
import { PrefillerModule } from '../prefiller/prefiller.module.js';
import { ProxyModule } from '../proxy/proxy.module.js';
import { SsrfModule } from '../ssrf/ssrf.module.js';
import { ConnectorGuard } from './connector.guard.js';
import { ConnectorRegistry } from './connector.registry.js';
import { PrefillSender } from './prefill-sender.js';
import { PrefillService } from './prefill.service.js';

/** HOW IS A PROTOCOL'S PREFILL DONE? The list of protocols is in `connector.registry.ts`. */
@Module({
  imports: [ProxyModule, PrefillerModule, SsrfModule],
  providers: [
    {
      provide: ConnectorRegistry,
      inject: [sidecarConfig.KEY],
      useFactory: (config: ConfigType<typeof sidecarConfig>) =>
        new ConnectorRegistry(config.allowedConnectors, config.kvConnector, config),
    },
    ConnectorGuard,
    PrefillSender,
    PrefillService,
  ],
  exports: [ConnectorRegistry, ConnectorGuard, PrefillService],
})
export class ConnectorModule {}

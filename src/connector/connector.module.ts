import { Module } from '@nestjs/common';
import { PrefillerModule } from '../prefiller/prefiller.module.js';
import { ProxyModule } from '../proxy/proxy.module.js';
import { SsrfModule } from '../ssrf/ssrf.module.js';
import { ConnectorGuard } from './connector.guard.js';
import { ConnectorRegistry } from './connector.registry.js';
import { ConnectorTools } from './connector-tools.js';
import { PrefillSender } from './prefill-sender.js';
import { PrefillService } from './prefill.service.js';

/** HOW IS A PROTOCOL'S PREFILL DONE? The list of protocols is in `connectors.ts`. */
@Module({
  imports: [ProxyModule, PrefillerModule, SsrfModule],
  providers: [ConnectorTools, ConnectorRegistry, ConnectorGuard, PrefillSender, PrefillService],
  exports: [ConnectorRegistry, ConnectorGuard, PrefillService],
})
export class ConnectorModule {}

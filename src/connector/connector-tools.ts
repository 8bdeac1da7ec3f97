import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { sidecarConfig } from '../config/sidecar.config.js';
import { Logger } from '../logging/logger.js';
import { SidecarMetrics } from '../metrics/sidecar.metrics.js';
import type { ConnectorHost } from './connector-host.js';

/** The sidecar as connectors see it. */
@Injectable()
export class ConnectorTools implements ConnectorHost {
  constructor(
    @Inject(sidecarConfig.KEY) readonly config: ConfigType<typeof sidecarConfig>,
    readonly metrics: SidecarMetrics,
    readonly logger: Logger,
  ) {}
}

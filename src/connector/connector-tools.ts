import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { sidecarConfig } from '../config/sidecar.config.js';
import { Logger } from '../logging/logger.js';
import { SidecarMetrics } from '../metrics/sidecar.metrics.js';
import { Origins } from '../proxy/origins.js';
import { UpstreamService } from '../proxy/upstream.service.js';

/** What a connector may use that must ask somebody, or tell somebody. */
@Injectable()
export class ConnectorTools {
  constructor(
    @Inject(sidecarConfig.KEY) readonly config: ConfigType<typeof sidecarConfig>,
    readonly upstream: UpstreamService,
    readonly origins: Origins,
    readonly metrics: SidecarMetrics,
    readonly logger: Logger,
  ) {}
}

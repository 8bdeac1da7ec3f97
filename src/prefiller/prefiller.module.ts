import { Module } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { sidecarConfig } from '../config/sidecar.config.js';
import { PoolSource } from '../kubernetes/inference-pool.js';
import { Logger } from '../logging/logger.js';
import { SidecarMetrics } from '../metrics/sidecar.metrics.js';
import { SsrfModule } from '../ssrf/ssrf.module.js';
import { AvailabilityGuard } from './availability.guard.js';
import { DiscoveryGuard } from './discovery.guard.js';
import { PoolPrefillers } from './pool-prefillers.js';
import { PrefillerProbes } from './prefiller-probes.js';
import { Prefillers } from './prefillers.js';

type Config = ConfigType<typeof sidecarConfig>;

/** WHO PREFILLS, AND HOW ARE THEY? Discovery, circuit breakers, health, and the order in which they are asked. */
@Module({
  imports: [SsrfModule],
  providers: [
    AvailabilityGuard,
    DiscoveryGuard,
    PrefillerProbes,
    {
      provide: Prefillers,
      inject: [sidecarConfig.KEY, Logger, SidecarMetrics],
      useFactory: prefillers,
    },
    {
      provide: PoolPrefillers,
      inject: [sidecarConfig.KEY, PoolSource],
      useFactory: ({ podIp, prefillerPort }: Config, pool: PoolSource) =>
        new PoolPrefillers(pool, podIp, prefillerPort),
    },
  ],
  exports: [AvailabilityGuard, DiscoveryGuard, PoolPrefillers, Prefillers],
})
export class PrefillerModule {}

function prefillers(config: Config, logger: Logger, metrics: SidecarMetrics): Prefillers {
  const { breakerThreshold: threshold, breakerCooldown: cooldown } = config;
  const all = new Prefillers(
    { threshold, cooldown },
    {
      breakerChanged: (prefiller, state) => {
        if (state === 'open') logger.warn('breaker: open', { prefiller, cooldownMs: cooldown });
        else logger.info('breaker: closed', { prefiller });
      },
      healthChanged: (prefiller, healthy) => {
        if (healthy) logger.info('prefiller is healthy again', { prefiller });
        else logger.warn('prefiller is not healthy: asked last', { prefiller });
      },
    },
  );
  metrics.observed.breakers = () => all.countBreakers();
  return all;
}

import { Module } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { sidecarConfig } from '../config/sidecar.config.js';
import { PoolSource } from '../kubernetes/inference-pool.js';
import { Logger } from '../logging/logger.js';
import { SidecarMetrics } from '../metrics/sidecar.metrics.js';
import { ProxyModule } from '../proxy/proxy.module.js';
import { Allowlist } from '../ssrf/allowlist.js';
import { SsrfModule } from '../ssrf/ssrf.module.js';
import { AvailabilityGuard } from './availability.guard.js';
import { DiscoveryGuard } from './discovery.guard.js';
import { PoolPrefillers } from './pool-prefillers.js';
import { PrefillerProbes } from './prefiller-probes.js';
import { PrefillerSharing } from './prefiller-sharing.js';
import { Prefillers, type PrefillersListener } from './prefillers.js';

type Config = ConfigType<typeof sidecarConfig>;

/** WHO PREFILLS, AND HOW ARE THEY? Discovery, circuit breakers, health, and the order in which they are asked. */
@Module({
  imports: [ProxyModule, SsrfModule],
  providers: [
    AvailabilityGuard,
    DiscoveryGuard,
    PrefillerProbes,
    {
      provide: Prefillers,
      inject: [sidecarConfig.KEY, Logger, SidecarMetrics, PoolSource, Allowlist, PrefillerSharing],
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

function prefillers(
  ...[config, logger, metrics, pool, allowlist, sharing]: [
    Config,
    Logger,
    SidecarMetrics,
    PoolSource,
    Allowlist,
    PrefillerSharing,
  ]
): Prefillers {
  const { breakerThreshold: threshold, breakerCooldown: cooldown } = config;
  const told = sharing.leads ? listener(logger, cooldown) : undefined;
  const all = new Prefillers({ threshold, cooldown }, told, undefined, sharing);
  metrics.observed.breakers = () => all.countBreakers();
  // The allowlist subscribed before: it knows the new pods already.
  pool.subscribe(() => all.forgetGone((target) => !allowlist.stillAllows(target)));
  return all;
}

function listener(logger: Logger, cooldownMs: number): PrefillersListener {
  return {
    breakerChanged: (prefiller, state) => {
      if (state === 'open') logger.warn('breaker: open', { prefiller, cooldownMs });
      else if (state === 'closed') logger.info('breaker: closed', { prefiller });
      else logger.info('breaker: half-open, one request tries', { prefiller });
    },
    healthChanged: (prefiller, healthy) => {
      if (healthy) logger.info('prefiller is healthy again', { prefiller });
      else logger.warn('prefiller is not healthy: asked last', { prefiller });
    },
  };
}

import { Module } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { sidecarConfig } from '../config/sidecar.config.js';
import { HealthRegistry } from '../health/health-registry.service.js';
import { PoolSource } from '../kubernetes/inference-pool.js';
import { PoolMirror } from '../kubernetes/pool-mirror.js';
import { Logger } from '../logging/logger.js';
import { SilentLogger } from '../logging/silent-logger.js';
import { SidecarMetrics } from '../metrics/sidecar.metrics.js';
import { AllowAll, Allowlist } from './allowlist.js';
import { AllowlistHealth } from './allowlist.health.js';
import { NameResolver } from './name-resolver.js';
import { PoolAllowlist } from './pool-allowlist.js';
import { SsrfGuard } from './ssrf.guard.js';
import { TargetGuard } from './target.guard.js';

/** MAY THIS REQUEST GO THERE? The pool that fills the allowlist is watched by `kubernetes/`. */
@Module({
  providers: [
    TargetGuard,
    SsrfGuard,
    {
      provide: Allowlist,
      inject: [sidecarConfig.KEY, PoolSource, Logger, SidecarMetrics, HealthRegistry],
      useFactory: allowlist,
    },
  ],
  exports: [TargetGuard, SsrfGuard, Allowlist],
})
export class SsrfModule {}

function allowlist(
  ...[{ ssrf }, pool, logger, metrics, health]: [
    ConfigType<typeof sidecarConfig>,
    PoolSource,
    Logger,
    SidecarMetrics,
    HealthRegistry,
  ]
): Allowlist {
  if (!ssrf.enabled) return new AllowAll();
  // What changes is logged once, by the process that watches the pool.
  const log = pool instanceof PoolMirror ? new SilentLogger() : logger;
  const pods = new PoolAllowlist(pool, new NameResolver(), log, ssrf);
  health.register(new AllowlistHealth(pods));
  const startedAt = performance.now();
  metrics.observed.allowlist = () => ({
    ageMs: pool.ageMs ?? performance.now() - startedAt,
    size: pods.size,
  });
  return pods;
}

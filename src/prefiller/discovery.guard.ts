import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { sidecarConfig } from '../config/sidecar.config.js';
import { exchangeIn } from '../proxy/exchange.js';
import { Allowlist } from '../ssrf/allowlist.js';
import { PoolPrefillers } from './pool-prefillers.js';
import { Prefillers } from './prefillers.js';

/** A request with one of these has been routed by somebody else, even if its value is blank. */
const ROUTED = ['x-prefiller-host-port', 'x-prefiller-url'] as const;
/** Every prefill leg has these: it ends here, or two sidecars would send it back and forth. */
const PREFILL_LEG = ['x-kv-connector', 'x-decoder-host-port'] as const;
/** A coded body cannot be edited, and whoever sent it did not ask for a prefill. */
const NOT_FOR_US = [...ROUTED, ...PREFILL_LEG, 'content-encoding'];

/**
 * Finds a prefiller for requests that name none (`--prefiller-discovery`): the ready one of the pool with the
 * least in flight. Without one the request is decoded here alone.
 */
@Injectable()
export class DiscoveryGuard implements CanActivate {
  constructor(
    @Inject(sidecarConfig.KEY) private readonly config: ConfigType<typeof sidecarConfig>,
    private readonly pool: PoolPrefillers,
    private readonly prefillers: Prefillers,
    private readonly allowlist: Allowlist,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const { prefillerDiscovery } = this.config;
    if (!prefillerDiscovery) return true;
    const exchange = exchangeIn(context);
    if (NOT_FOR_US.some((name) => name in exchange.request.headers)) return true;
    const prefiller = this.prefillers.leastLoaded(
      this.pool.discovered(),
      (one) => this.prefillers.admits(one) && this.allowlist.stillAllows(one),
    );
    if (!prefiller) return true;
    exchange.route = { candidates: [prefiller] };
    return true;
  }
}

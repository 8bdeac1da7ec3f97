import type { Readiness, ReadinessIndicator } from '../health/readiness-indicator.js';
import type { PoolAllowlist } from './pool-allowlist.js';

/** Not ready as long as the allowlist refuses everything because it knows nothing. */
export class AllowlistHealth implements ReadinessIndicator {
  readonly name = 'allowlist';

  constructor(private readonly allowlist: PoolAllowlist) {}

  check(): Readiness {
    const { outage } = this.allowlist;
    return outage === undefined ? { ready: true } : { ready: false, message: outage };
  }
}

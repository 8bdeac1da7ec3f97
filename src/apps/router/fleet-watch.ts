import type { Fleet } from '../../fleet/fleet.js';
import { Prober, type ProbePolicy } from '../../fleet/prober.js';
import { ServedModels } from '../../fleet/served-models.js';
import { ServerLoads } from '../../fleet/server-loads.js';
import type { Logger } from '../../logging/logger.js';
import { weighsLoad } from '../../policy/policies.js';
import type { RouterConfig } from './router.settings.js';
import type { Pools } from './routing/pools.service.js';

/** Asks workers, beside requests, how they are, which models they serve and what they have in flight. */
export class FleetWatch {
  private readonly parts: readonly { stop(): void }[];

  constructor(
    fleet: Fleet,
    { pools, config, logger }: { pools: Pools; config: RouterConfig; logger: Logger },
  ) {
    this.parts = [
      new Prober(fleet, probePolicy(config), logger),
      new ServedModels(fleet, logger),
      new ServerLoads(fleet, {
        interval: config.loadCheckIntervalSecs,
        matters: (endpoint) => weighsLoad(pools.policyOf(endpoint)),
      }),
    ];
  }

  stop(): void {
    for (const part of this.parts) part.stop();
  }
}

function probePolicy(config: RouterConfig): ProbePolicy {
  return {
    interval: config.healthCheckIntervalSecs,
    timeout: config.healthCheckTimeoutSecs,
    failures: config.healthFailureThreshold,
    successes: config.healthSuccessThreshold,
    path: config.healthCheckEndpoint,
    startup: config.workerStartupTimeoutSecs,
    startupInterval: config.workerStartupCheckInterval,
  };
}

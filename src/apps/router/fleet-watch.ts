import type { Fleet } from '../../fleet/fleet.js';
import { Prober } from '../../fleet/prober.js';
import { ServedModels } from '../../fleet/served-models.js';
import { ServerLoads } from '../../fleet/server-loads.js';
import type { Logger } from '../../logging/logger.js';
import { weighsLoad } from '../../policy/policies.js';
import { liveProbes, probeAnew } from './configuration/live-policies.js';
import type { RouterOptions } from './router.options.js';
import type { Pools } from './routing/pools.service.js';

/** Asks workers, beside requests, how they are, which models they serve and what they have in flight. */
export class FleetWatch {
  private readonly parts: readonly { stop(): void }[];

  constructor(
    fleet: Fleet,
    { pools, options, logger }: { pools: Pools; options: RouterOptions; logger: Logger },
  ) {
    const prober = new Prober(fleet, liveProbes(options), logger);
    probeAnew(prober, options);
    this.parts = [
      prober,
      new ServedModels(fleet, logger),
      new ServerLoads(fleet, {
        interval: options.config.loadCheckIntervalSecs,
        matters: (endpoint) => weighsLoad(pools.policyOf(endpoint)),
      }),
    ];
  }

  stop(): void {
    for (const part of this.parts) part.stop();
  }
}

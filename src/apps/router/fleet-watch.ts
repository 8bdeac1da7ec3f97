import type { INestApplicationContext } from '@nestjs/common';
import { Prober } from '../../fleet/prober.js';
import { ServedModels } from '../../fleet/served-models.js';
import { ServerLoads } from '../../fleet/server-loads.js';
import { BlockIndex } from '../../kv-events/block-index.js';
import { weighsLoad } from '../../policy/policies.js';
import { liveProbes, probeAnew } from './configuration/live-policies.js';
import { kvSourcesOf } from './kv/kv-source-flags.js';
import { KvSources } from './kv/kv-sources.js';
import type { RouterParts } from './router.module.js';
import { Pools } from './routing/pools.service.js';

/** Asks workers, beside requests, how they are, which models they serve, what they have in flight and in their caches. */
export class FleetWatch {
  private readonly parts: readonly { stop(): void }[];

  constructor(nest: INestApplicationContext, router: RouterParts) {
    const { fleet, options, logger, metrics } = router;
    const pools = nest.get(Pools);
    const prober = new Prober(fleet, liveProbes(options), logger);
    probeAnew(prober, options);
    const caches = new KvSources(fleet, {
      index: nest.get(BlockIndex),
      metrics: metrics.kv,
      logger,
      named: kvSourcesOf(options.config),
      matters: (endpoint) => pools.policyOf(endpoint) === 'kv_aware',
    });
    options.onChange(['policy', 'prefillPolicy', 'decodePolicy'], () => caches.lookAgain());
    this.parts = [
      prober,
      caches,
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

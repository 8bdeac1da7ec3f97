import * as z from 'zod';
import { definePlugin } from '../plugin-definition.js';
import { peerEndpoint } from '../peer-endpoint.js';
import type { Endpoints, Filter } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import { keep } from '../keep.js';
import { namedProducers, neededProducers } from './producer-names.js';
import { TOPOLOGY_PRODUCER_NAME, topologyOf } from './topology.js';
import {
  TOPOLOGY_EXTRACTOR,
  TOPOLOGY_LEVELS,
  type TopologyExtractor,
} from './topology-extractor.js';

/** Keeps to the servers that are near enough to the one that decodes; to all where none is, or nothing is known. */
export class TopologyAffinityFilter implements Filter {
  /** @param furthest index of the level that must be shared */
  constructor(
    private readonly topology: TopologyExtractor,
    private readonly furthest: number,
  ) {}

  filter(request: InferenceRequest, endpoints: Endpoints): Endpoints {
    const { topology, furthest } = this;
    const peer = peerEndpoint(request);
    if (!peer || !topology.knows(peer)) return endpoints;
    const near = keep(endpoints, (endpoint) => topology.distance(peer, endpoint) <= furthest);
    return near.length === 0 ? endpoints : near;
  }
}

export const topologyAffinityFilter = definePlugin({
  type: 'topology-affinity-filter',
  kinds: ['filter'],
  summary:
    'In a prefill profile: keeps servers near the one that was picked to decode; all where none is near enough.',
  parameters: z.strictObject({
    minAffinity: z
      .enum(TOPOLOGY_LEVELS)
      .default('host')
      .describe('What they must share at least: host, rack, zone or region.'),
    topologyProducerName: TOPOLOGY_PRODUCER_NAME,
  }),
  references: ({ topologyProducerName: name }) => namedProducers(name, TOPOLOGY_EXTRACTOR),
  needs: ({ topologyProducerName: name }) => neededProducers(name, TOPOLOGY_EXTRACTOR),
  create: ({ minAffinity, topologyProducerName }, tools) =>
    new TopologyAffinityFilter(
      topologyOf(topologyProducerName, tools),
      TOPOLOGY_LEVELS.indexOf(minAffinity),
    ),
});

import * as z from 'zod';
import { definePlugin } from '../plugin-definition.js';
import { peerEndpoint } from '../peer-endpoint.js';
import type { Endpoints, Scorer } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import { namedProducers, neededProducers } from './producer-names.js';
import { TOPOLOGY_PRODUCER_NAME, topologyOf } from './topology.js';
import { TOPOLOGY_EXTRACTOR, type TopologyExtractor } from './topology-extractor.js';

/** One a level, and nothing for what is further: as fast as a KV cache gets there, roughly. */
const SCORES = [1, 0.2, 0.05, 0.02, 0] as const;

/** Those first that are near the server that decodes. */
export class TopologyAffinityScorer implements Scorer {
  constructor(private readonly topology: TopologyExtractor) {}

  score(request: InferenceRequest, endpoints: Endpoints, scores: Float64Array): void {
    const peer = peerEndpoint(request);
    if (!peer || !this.topology.knows(peer)) {
      scores.fill(0, 0, endpoints.length);
      return;
    }
    for (let i = 0; i < endpoints.length; i++) {
      scores[i] = SCORES[this.topology.distance(peer, endpoints[i]!)]!;
    }
  }
}

export const topologyAffinityScorer = definePlugin({
  type: 'topology-affinity-scorer',
  kinds: ['scorer'],
  summary:
    'In a prefill profile: prefers servers near the one that was picked to decode: same host 1, rack 0.2, zone 0.05, region 0.02, else 0.',
  parameters: z.strictObject({ topologyProducerName: TOPOLOGY_PRODUCER_NAME }),
  references: ({ topologyProducerName: name }) => namedProducers(name, TOPOLOGY_EXTRACTOR),
  needs: ({ topologyProducerName: name }) => neededProducers(name, TOPOLOGY_EXTRACTOR),
  create: ({ topologyProducerName }, tools) =>
    new TopologyAffinityScorer(topologyOf(topologyProducerName, tools)),
});

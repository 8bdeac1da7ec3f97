import * as z from 'zod';
import { definePlugin } from '../plugin-definition.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';

/** How near two servers are, from the nearest on. */
export const TOPOLOGY_LEVELS = ['host', 'rack', 'zone', 'region'] as const;

export type TopologyLevel = (typeof TOPOLOGY_LEVELS)[number];

export const TOPOLOGY_EXTRACTOR = 'topology-extractor';

/** Says where servers are, by their labels. */
export class TopologyExtractor {
  /** @param labels one a level */
  constructor(private readonly labels: readonly string[]) {}

  /** @returns whether it says where it is, on any level */
  knows({ labels }: ScheduledEndpoint): boolean {
    return this.labels.some((label) => Boolean(labels[label]));
  }

  /**
   * @returns index of the nearest level that both say and share; the number of levels where there is none. Who is on the
   * same host is in the same rack, zone and region.
   */
  distance(a: ScheduledEndpoint, b: ScheduledEndpoint): number {
    const { labels } = this;
    for (let level = 0; level < labels.length; level++) {
      const place = a.labels[labels[level]!];
      if (place && place === b.labels[labels[level]!]) return level;
    }
    return labels.length;
  }
}

const labelOf = (what: string, byDefault: string) =>
  z.string().min(1).default(byDefault).describe(`Label of the server that says its ${what}.`);

export const topologyExtractor = definePlugin({
  type: TOPOLOGY_EXTRACTOR,
  kinds: ['data-extractor'],
  summary:
    'Says where servers are, for `topology-affinity-filter` and `topology-affinity-scorer`, by labels of their pods.',
  parameters: z.strictObject({
    hostname: labelOf('host', 'kubernetes.io/hostname'),
    rack: labelOf('rack', 'topology.kubernetes.io/rack'),
    zone: labelOf('zone', 'topology.kubernetes.io/zone'),
    region: labelOf('region', 'topology.kubernetes.io/region'),
  }),
  create: ({ hostname, rack, zone, region }) =>
    new TopologyExtractor([hostname, rack, zone, region]),
});

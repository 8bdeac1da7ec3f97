import * as z from 'zod';
import type { PluginTools } from '../plugin-definition.js';
import { TOPOLOGY_EXTRACTOR, TopologyExtractor } from './topology-extractor.js';

export const TOPOLOGY_PRODUCER_NAME = z
  .string()
  .min(1)
  .default(TOPOLOGY_EXTRACTOR)
  .describe('Name of the topology-extractor that says where servers are.');

/** @throws Error where the configuration has no such topology-extractor */
export function topologyOf(name: string, tools: PluginTools): TopologyExtractor {
  const plugin = tools.plugin(name);
  if (plugin instanceof TopologyExtractor) return plugin;
  throw new Error(`topologyProducerName: no ${TOPOLOGY_EXTRACTOR} has the name ${name}`);
}

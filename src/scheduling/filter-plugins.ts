import type { PluginDefinition } from './plugin-definition.js';
import { byLabel } from './plugins/by-label.js';
import { decodeFilter } from './plugins/decode-filter.js';
import { encodeFilter } from './plugins/encode-filter.js';
import { endpointAttributeFilter } from './plugins/endpoint-attribute-filter.js';
import { labelSelectorFilter } from './plugins/label-selector-filter.js';
import { prefillFilter } from './plugins/prefill-filter.js';
import { prefixCacheAffinityFilter } from './plugins/prefix-cache-affinity-filter.js';
import { sessionAffinityFilter } from './plugins/session-affinity-filter.js';
import { topologyAffinityFilter } from './plugins/topology-affinity-filter.js';
import { utilizationFilter } from './plugins/utilization-filter.js';

/** Plugins that leave out endpoints; `context-length-aware` of the scorers does, too. */
export const FILTER_PLUGINS: readonly PluginDefinition[] = [
  decodeFilter,
  prefillFilter,
  encodeFilter,
  labelSelectorFilter,
  byLabel,
  prefixCacheAffinityFilter,
  sessionAffinityFilter,
  utilizationFilter,
  endpointAttributeFilter,
  topologyAffinityFilter,
];

import type { PluginDefinition } from './plugin-definition.js';
import { activeRequestScorer } from './plugins/active-request-scorer.js';
import { contextLengthAware } from './plugins/context-length-aware.js';
import { endpointAttributeScorer } from './plugins/endpoint-attribute-scorer.js';
import { headerLabelAffinityScorer } from './plugins/header-label-affinity-scorer.js';
import { kvCacheUtilizationScorer } from './plugins/kv-cache-utilization-scorer.js';
import { loadAwareScorer } from './plugins/load-aware-scorer.js';
import { loraAffinityScorer } from './plugins/lora-affinity-scorer.js';
import { noHitLruScorer } from './plugins/no-hit-lru-scorer.js';
import { precisePrefixCacheScorer } from './plugins/precise-prefix-cache-scorer.js';
import { prefixCacheScorer } from './plugins/prefix-cache-scorer.js';
import { queueScorer } from './plugins/queue-scorer.js';
import { runningRequestsSizeScorer } from './plugins/running-requests-size-scorer.js';
import { sessionAffinityScorer } from './plugins/session-affinity-scorer.js';
import { tokenLoadScorer } from './plugins/token-load-scorer.js';
import { topologyAffinityScorer } from './plugins/topology-affinity-scorer.js';
import { topologyExtractor } from './plugins/topology-extractor.js';

/** Plugins that say how well endpoints suit a request, and what these need. */
export const SCORER_PLUGINS: readonly PluginDefinition[] = [
  queueScorer,
  kvCacheUtilizationScorer,
  runningRequestsSizeScorer,
  loadAwareScorer,
  activeRequestScorer,
  tokenLoadScorer,
  prefixCacheScorer,
  precisePrefixCacheScorer,
  loraAffinityScorer,
  noHitLruScorer,
  contextLengthAware,
  sessionAffinityScorer,
  endpointAttributeScorer,
  headerLabelAffinityScorer,
  topologyAffinityScorer,
  topologyExtractor,
];

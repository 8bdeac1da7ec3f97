import type { PluginDefinition } from './plugin-definition.js';
import { approxPrefixCacheProducer } from './producers/approx-prefix-cache-producer.js';
import { inflightLoadProducer } from './producers/inflight-load-producer.js';
import { p2pSourceProducer } from './producers/p2p-source-producer.js';
import { precisePrefixCacheProducer } from './producers/precise-prefix-cache-producer.js';
import { sessionIdProducer } from './producers/session-id-producer.js';
import { tokenProducer } from './producers/token-producer.js';

/** Plugins that find out what others need to know of a request. */
export const PRODUCER_PLUGINS: readonly PluginDefinition[] = [
  tokenProducer,
  approxPrefixCacheProducer,
  precisePrefixCacheProducer,
  inflightLoadProducer,
  p2pSourceProducer,
  sessionIdProducer,
];

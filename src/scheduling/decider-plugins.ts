import { alwaysDisaggMultimodalDecider } from './deciders/always-disagg-multimodal-decider.js';
import { alwaysDisaggPdDecider } from './deciders/always-disagg-pd-decider.js';
import { prefixBasedPdDecider } from './deciders/prefix-based-pd-decider.js';
import type { PluginDefinition } from './plugin-definition.js';

/** Plugins that say whether a stage of a request gets a server of its own. */
export const DECIDER_PLUGINS: readonly PluginDefinition[] = [
  prefixBasedPdDecider,
  alwaysDisaggPdDecider,
  alwaysDisaggMultimodalDecider,
];

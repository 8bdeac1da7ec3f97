import { DISCOVERY_PLUGINS } from '../../discovery/discovery-plugins.js';
import { FLOW_PLUGINS } from '../../flow-control/flow-plugins.js';
import { DECIDER_PLUGINS } from '../../scheduling/decider-plugins.js';
import { FILTER_PLUGINS } from '../../scheduling/filter-plugins.js';
import { HANDLER_PLUGINS } from '../../scheduling/handler-plugins.js';
import { NOTIFICATION_SOURCE_PLUGINS } from '../../scheduling/notification-source-plugins.js';
import { PARSER_PLUGINS } from '../../scheduling/parser-plugins.js';
import { PICKER_PLUGINS } from '../../scheduling/picker-plugins.js';
import type { PluginDefinition } from '../../scheduling/plugin-definition.js';
import { PRODUCER_PLUGINS } from '../../scheduling/producer-plugins.js';
import { SCORER_PLUGINS } from '../../scheduling/scorer-plugins.js';
import { SERVER_METRICS_PLUGINS } from '../../server-metrics/server-metrics-plugins.js';

/** All plugins that a configuration may name: THE list is put together from those of the rooms. */
export const PLUGINS: readonly PluginDefinition[] = [
  ...HANDLER_PLUGINS,
  ...FILTER_PLUGINS,
  ...SCORER_PLUGINS,
  ...PICKER_PLUGINS,
  ...PRODUCER_PLUGINS,
  ...DECIDER_PLUGINS,
  ...PARSER_PLUGINS,
  ...FLOW_PLUGINS,
  ...DISCOVERY_PLUGINS,
  ...SERVER_METRICS_PLUGINS,
  ...NOTIFICATION_SOURCE_PLUGINS,
];

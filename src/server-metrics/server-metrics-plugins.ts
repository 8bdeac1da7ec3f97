import type { PluginDefinition } from '../scheduling/plugin-definition.js';
import { coreMetricsExtractor } from './core-metrics-extractor.js';
import { metricsDataSource } from './metrics-data-source.js';
import { modelsDataExtractor } from './models-data-extractor.js';
import { modelsDataSource } from './models-data-source.js';

/** Plugins that say how model servers are asked, and what is read of their answers. */
export const SERVER_METRICS_PLUGINS: readonly PluginDefinition[] = [
  metricsDataSource,
  coreMetricsExtractor,
  modelsDataSource,
  modelsDataExtractor,
];

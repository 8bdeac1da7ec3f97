import { ConfigError } from '../config/config-error.js';
import type { DataSourceSetup } from '../scheduling/picker-setup.js';
import { CORE_METRICS_EXTRACTOR, CoreMetricsExtractor } from './core-metrics-extractor.js';
import { MetricsDataSource } from './metrics-data-source.js';
import { ModelsDataExtractor } from './models-data-extractor.js';
import { ModelsDataSource } from './models-data-source.js';

/** What is asked of model servers, and what is read of the answers. */
export interface DataSources {
  readonly metrics?: {
    readonly source: MetricsDataSource;
    readonly extractor: CoreMetricsExtractor;
  };
  readonly models?: { readonly source: ModelsDataSource; readonly extractor: ModelsDataExtractor };
}

type Class<T> = abstract new (...args: never[]) => T;

/**
 * @param setups `dataSources` of a configuration that was read
 * @throws ConfigError for two sources of a kind, for a source without an extractor, and for one that cannot read it
 */
export function readDataSources(setups: readonly DataSourceSetup[]): DataSources {
  const metrics = only(setups, MetricsDataSource);
  const models = only(setups, ModelsDataSource);
  return {
    ...(metrics && {
      metrics: {
        source: metrics.source.plugin as MetricsDataSource,
        extractor: extractorOf(metrics, CoreMetricsExtractor, CORE_METRICS_EXTRACTOR),
      },
    }),
    ...(models && {
      models: {
        source: models.source.plugin as ModelsDataSource,
        extractor: extractorOf(models, ModelsDataExtractor, 'models-data-extractor'),
      },
    }),
  };
}

function only(
  setups: readonly DataSourceSetup[],
  kind: Class<object>,
): DataSourceSetup | undefined {
  const [first, second] = setups.filter(({ source }) => source.plugin instanceof kind);
  if (first && second) {
    const { name, type } = second.source;
    throw new ConfigError(
      `dataLayer.sources: ${name} is a second ${type}, beside ${first.source.name}; keep one`,
    );
  }
  return first;
}

/** Each source has one extractor that reads its answers. */
function extractorOf<T>({ source, extractors }: DataSourceSetup, kind: Class<T>, type: string): T {
  const [extractor, second] = extractors;
  const stray = extractors.find(({ plugin }) => !(plugin instanceof kind)) ?? second;
  if (extractor && !stray) return extractor.plugin as T;
  const what = stray ? `cannot use the extractor ${stray.name}` : 'has no extractor';
  throw new ConfigError(`dataLayer.sources: ${source.name} ${what}; give it one ${type}`);
}

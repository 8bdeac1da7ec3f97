import { isNotificationSource } from '../notification-source-plugins.js';
import type { ConfigDocument } from './config-document.js';
import type { PlannedPlugin, PluginPlan } from './plugin-plan.js';

/** A source of values of model servers whose plugins are not made yet. */
export interface PlannedSource {
  readonly source: PlannedPlugin;
  readonly extractors: readonly PlannedPlugin[];
}

const METRICS_SOURCE = 'metrics-data-source';
const METRICS_EXTRACTOR = 'core-metrics-extractor';

/**
 * @returns the sources that are listed, before them that of the servers' metrics unless one is listed or it is not wanted
 * @throws ConfigError on an unknown plugin, or one that is something else
 */
export function planSources(
  { dataLayer }: ConfigDocument,
  plan: PluginPlan,
): readonly PlannedSource[] {
  const listed = (dataLayer?.sources ?? [])
    .map(({ pluginRef, extractors }): PlannedSource => {
      const source = plan.requireOrDefault(pluginRef, 'data-source', 'dataLayer.sources');
      // Whatever wants to be told of endpoints stands there as an extractor, producers too.
      const kind = isNotificationSource(source.definition) ? undefined : 'data-extractor';
      const place = `the source ${pluginRef}`;
      return {
        source,
        extractors: (extractors ?? []).map((extractor) =>
          plan.requireOrDefault(extractor.pluginRef, kind, place),
        ),
      };
    })
    .filter(({ source }) => !isNotificationSource(source.definition));
  const isListed = listed.some(({ source }) => source.definition.type === METRICS_SOURCE);
  if (isListed || dataLayer?.injectDefaults === false) return listed;
  const source = plan.ensure(METRICS_SOURCE);
  const extractor = plan.ensure(METRICS_EXTRACTOR);
  return source && extractor ? [{ source, extractors: [extractor] }, ...listed] : listed;
}

/** @returns what finds the endpoints, the first one listed where none is named; undefined where there is none */
export function planDiscovery(
  { dataLayer }: ConfigDocument,
  plan: PluginPlan,
): PlannedPlugin | undefined {
  const { discovery, peerDiscovery, crossReplicaSyncerPluginRef } = dataLayer ?? {};
  if (peerDiscovery) plan.warnings.push('dataLayer.peerDiscovery has no effect');
  if (crossReplicaSyncerPluginRef) {
    plan.warnings.push('dataLayer.crossReplicaSyncerPluginRef has no effect');
  }
  if (discovery) return plan.require(discovery.pluginRef, 'discovery', 'dataLayer.discovery');
  const [listed] = plan.ofKind('discovery');
  if (!listed) return undefined;
  plan.warnings.push(`${listed.name} finds the endpoints: name it in dataLayer.discovery`);
  return listed;
}

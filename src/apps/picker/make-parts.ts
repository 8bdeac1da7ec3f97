import { readFileSync } from 'node:fs';
import { ConfigError, reasonOf } from '../../config/config-error.js';
import type { Environment } from '../../config/environment.js';
import type { Given } from '../../config/given.js';
import { Fleet } from '../../fleet/fleet.js';
import type { DrainState } from '../../health/drain-state.js';
import type { Logger } from '../../logging/logger.js';
import type { PickerMetrics } from '../../metrics/picker.metrics.js';
import { loadPickerConfig } from '../../scheduling/load-picker-config.js';
import type { PickerSetup } from '../../scheduling/picker-setup.js';
import type { LifecycleListener } from '../../scheduling/plugin.js';
import { routingLogicConfig } from '../../scheduling/routing-logics.js';
import { Scheduler } from '../../scheduling/scheduler.js';
import { clientTls } from '../../tls/client-tls.js';
import { pickerAdmission } from './admission.js';
import { createDiscovery } from './discovery/create-discovery.js';
import { PickerEndpoints } from './endpoints.js';
import type { PickerParts } from './picker-parts.js';
import type { PickerConfig } from './picker.settings.js';
import { PLUGINS } from './plugins.js';
import { DecisionRing } from './seeing/decision-ring.js';
import { pickerTracing } from './seeing/picker-tracing.js';
import { readRouteFile } from './seed/route-file.js';
import { RouteTable } from './seed/route-table.js';
import { seedSetting, type Serving } from './serving.js';

/** What the parts are made of. */
export interface PartTools {
  readonly config: PickerConfig;
  readonly serving: Serving;
  readonly given: ReadonlyMap<string, Given>;
  readonly env: Environment;
  readonly metrics: PickerMetrics;
  readonly drain: DrainState;
  readonly logger: Logger;
}

/** Makes all that decides; nothing runs yet. @throws ConfigError on any mistake of the configuration */
export async function makeParts(tools: PartTools): Promise<PickerParts> {
  const { config, serving, env, metrics, drain, logger } = tools;
  const setup = loadSetup(tools);
  const fleet = new Fleet({
    breaker: undefined,
    tls: (host) => clientTls({ insecureSkipVerify: false }, host),
  });
  const endpoints = new PickerEndpoints(fleet);
  const routes = serving.isSeed ? routesOf(config) : undefined;
  const scheduler = new Scheduler(setup, { logger, now: () => performance.now() });
  for (const warning of setup.warnings) logger.warn(warning);
  const name = config.poolName ?? 'default';
  metrics.pool = () => ({ name, endpoints: endpoints.all });
  endpoints.listen({
    added: (endpoint) => tell(setup, (plugin) => plugin.added?.(endpoint)),
    removed: (endpoint) => {
      metrics.scheduler.removed(endpoint.id);
      tell(setup, (plugin) => plugin.removed?.(endpoint));
    },
  });
  const plugin = setup.discovery?.plugin;
  const discovery = await createDiscovery({ config, plugin, fleet, logger });
  return {
    ...{ config, serving, setup, scheduler, endpoints, routes, metrics, drain, logger },
    admission: pickerAdmission(setup, endpoints, metrics.flowControl),
    decisions: new DecisionRing(),
    tracing: await pickerTracing(config.tracing, logger, env),
    discovery,
  };
}

function loadSetup({ config, serving, given, logger }: PartTools): PickerSetup {
  const { source, text } = configurationOf(config, serving, given);
  return loadPickerConfig(text, PLUGINS, {
    ...{ source, logger },
    services: { metricsStaleness: config.metricsStalenessThreshold },
    now: () => performance.now(),
    random: () => Math.random(),
  });
}

/** @returns the text of the configuration, undefined for the default one, and how messages call it */
function configurationOf(
  { configFile, configText, routingLogic }: PickerConfig,
  { isSeed }: Serving,
  given: ReadonlyMap<string, Given>,
): { readonly source: string; readonly text: string | undefined } {
  const named = given.get('config-file') ?? given.get('config-text');
  if (configFile !== undefined && configText !== undefined) {
    throw new ConfigError('--config-file and --config-text exclude each other: give one');
  }
  if (isSeed) {
    if (named) {
      throw new ConfigError(
        `${named.spelled} and ${seedSetting(given)} exclude each other: one is a configuration, the other stands for one`,
      );
    }
    return { source: '--routing-logic', text: routingLogicConfig(routingLogic) };
  }
  if (configText !== undefined) return { source: '--config-text', text: configText };
  if (configFile === undefined) return { source: 'the default configuration', text: undefined };
  const source = `--config-file=${configFile}`;
  try {
    return { source, text: readFileSync(configFile, 'utf8') };
  } catch (error) {
    throw new ConfigError(`${source}: cannot be read (${reasonOf(error)}); give a readable file`);
  }
}

function routesOf({ routeConfig }: PickerConfig): RouteTable {
  return new RouteTable(routeConfig === undefined ? [] : readRouteFile(routeConfig));
}

function tell({ listeners }: PickerSetup, news: (plugin: LifecycleListener) => void): void {
  for (const { plugin } of listeners) news(plugin);
}

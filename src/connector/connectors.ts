import type { ConnectorCatalog } from '../config/connector-catalog.js';
import type { ConnectorSettings } from '../config/sidecar.config.js';
import type { Spelling } from '../config/spelling.js';
import type { Connector } from './connector.js';
import type { ConnectorDefinition } from './connector-definition.js';
import type { ConnectorHost } from './connector-host.js';
import { lmcache } from './protocols/lmcache.connector.js';
import { moriio } from './protocols/moriio.connector.js';
import { mooncake } from './protocols/mooncake.connector.js';
import { nixl } from './protocols/nixl.connector.js';
import { nixlv2 } from './protocols/nixlv2.connector.js';
import { offloading } from './protocols/offloading.connector.js';
import { p2pnccl } from './protocols/p2pnccl.connector.js';
import { sglang } from './protocols/sglang.connector.js';
import { sharedStorage } from './protocols/shared-storage.connector.js';

/** THE list. The first one is what a sidecar uses that is told nothing. */
export const CONNECTORS: readonly [ConnectorDefinition, ...ConnectorDefinition[]] = [
  nixlv2,
  nixl,
  lmcache,
  sglang,
  sharedStorage,
  offloading,
  mooncake,
  moriio,
];

/** Those too that need to be told of the decoder of each request. */
const OF_PAIRS: readonly ConnectorDefinition[] = [...CONNECTORS, p2pnccl];

/** The list as the configuration sees it. */
export const CONNECTOR_CATALOG: ConnectorCatalog = {
  names: CONNECTORS.map(({ name }) => name) as [string, ...string[]],
  allowed: CONNECTORS.filter(({ needsSettings }) => !needsSettings).map(({ name }) => name),
  settings: Object.assign({}, ...CONNECTORS.map(({ settings }) => settings)),
  meant: (asked, settings) =>
    CONNECTORS.find(({ replaces }) => replaces?.(settings as never) === asked)?.name ?? asked,
  check: (config, named) => {
    for (const { name, check, checkUnused } of CONNECTORS) {
      const isUsed = config.allowedConnectors.includes(name);
      (isUsed ? check : checkUnused)?.(config.connectorSettings, config, named);
    }
  },
  owners: (key) => CONNECTORS.filter(({ settings }) => key in settings).map(({ name }) => name),
};

/**
 * Makes the one connector of a program that uses no other.
 *
 * @param name of one that there is
 * @param settings of all connectors, by camel-case name
 * @throws ConfigError when its settings contradict each other
 */
export function createConnector(
  name: string,
  settings: ConnectorSettings,
  host: ConnectorHost,
  named: Spelling,
): Connector {
  const { check, create } = OF_PAIRS.find((definition) => definition.name === name)!;
  check?.(settings, host.config, named);
  return create(settings, host);
}

/** @returns why answers are never divided with a connector; undefined where they can be */
export function indivisibleWith(name: string): string | undefined {
  return CONNECTORS.find((connector) => connector.name === name)?.indivisible;
}

/** @returns what to use instead of a connector that is on its way out */
export function replacementOf(name: string): string | undefined {
  return CONNECTORS.find((connector) => connector.name === name)?.replacedBy;
}

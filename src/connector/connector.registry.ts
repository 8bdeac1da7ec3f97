import { CONNECTOR_NAMES, type ConnectorName } from '../config/connector-names.js';
import type { Connector, ConnectorSettings } from './connector.js';
import { LmcacheConnector } from './protocols/lmcache.connector.js';
import { NixlConnector } from './protocols/nixl.connector.js';
import { Nixlv2Connector } from './protocols/nixlv2.connector.js';
import { SharedStorageConnector } from './protocols/shared-storage.connector.js';
import { SglangConnector } from './protocols/sglang.connector.js';

/** THE list: a name without a class does not compile. */
const CONNECTORS = {
  nixlv2: Nixlv2Connector,
  nixl: NixlConnector,
  lmcache: LmcacheConnector,
  sglang: SglangConnector,
  'shared-storage': SharedStorageConnector,
} as const satisfies Record<ConnectorName, new (settings: ConnectorSettings) => Connector>;

/** The connectors that requests may choose from. */
export class ConnectorRegistry {
  private readonly enabled: ReadonlyMap<string, Connector>;

  /** @param fallback the one for requests that do not choose; it is always enabled */
  constructor(
    allowed: readonly ConnectorName[],
    readonly fallback: ConnectorName,
    settings: ConnectorSettings,
  ) {
    const names = CONNECTOR_NAMES.filter((name) => name === fallback || allowed.includes(name));
    this.enabled = new Map(names.map((name) => [name, new CONNECTORS[name](settings)]));
  }

  /** @returns the connector of that name, undefined when there is none or it is not enabled */
  find(name: string): Connector | undefined {
    return this.enabled.get(name);
  }
}

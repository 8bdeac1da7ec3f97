import { describe, expect, it } from '@jest/globals';
import { connectorTools } from '../../test/support/connector-tools.js';
import { ConnectorRegistry } from './connector.registry.js';
import { CONNECTOR_CATALOG } from './connectors.js';

const registryOf = (kvConnector: string, allowedConnectors: readonly string[]) =>
  new ConnectorRegistry(connectorTools({ kvConnector, allowedConnectors }));

describe(ConnectorRegistry.name, () => {
  it('finds each connector of the list', () => {
    const registry = registryOf('nixlv2', CONNECTOR_CATALOG.allowed);
    for (const name of CONNECTOR_CATALOG.allowed) expect(registry.find(name)).toBeDefined();
  });

  it('finds those that are allowed, and the one of the configuration in any case', () => {
    const registry = registryOf('nixl', ['lmcache']);
    expect(registry.find('lmcache')).toBeDefined();
    expect(registry.find('nixl')).toBeDefined();
    expect(registry.find('nixlv2')).toBeUndefined();
  });

  it.each(['', 'NIXL', 'nixl ', 'constructor', '__proto__'])('knows none named %j', (name) => {
    expect(registryOf('nixl', CONNECTOR_CATALOG.allowed).find(name)).toBeUndefined();
  });
});

import { describe, expect, it } from '@jest/globals';
import { CONNECTOR_NAMES } from '../config/connector-names.js';
import { ConnectorRegistry } from './connector.registry.js';

const SETTINGS = { sglangBootstrapPort: 8998 };

describe(ConnectorRegistry.name, () => {
  it('finds each connector under its own name', () => {
    const registry = new ConnectorRegistry(CONNECTOR_NAMES, 'nixlv2', SETTINGS);
    for (const name of CONNECTOR_NAMES) expect(registry.find(name)!.name).toBe(name);
  });

  it('finds those that are allowed, and the one of the configuration in any case', () => {
    const registry = new ConnectorRegistry(['lmcache'], 'nixl', SETTINGS);
    expect(registry.find('lmcache')).toBeDefined();
    expect(registry.find('nixl')).toBeDefined();
    expect(registry.find('nixlv2')).toBeUndefined();
  });

  it.each(['', 'NIXL', 'nixl ', 'constructor', '__proto__'])('knows none named %j', (name) => {
    expect(new ConnectorRegistry(CONNECTOR_NAMES, 'nixl', SETTINGS).find(name)).toBeUndefined();
  });

  it('says what to use instead of those on their way out', () => {
    const registry = new ConnectorRegistry(CONNECTOR_NAMES, 'nixlv2', SETTINGS);
    expect(registry.find('nixl')!.replacedBy).toBe('nixlv2');
    expect(registry.find('lmcache')!.replacedBy).toBe('nixlv2');
    expect(registry.find('nixlv2')!.replacedBy).toBeUndefined();
  });
});

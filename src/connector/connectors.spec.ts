import { describe, expect, it } from '@jest/globals';
import { CONNECTOR_CATALOG, CONNECTORS, replacementOf } from './connectors.js';

describe('the list of connectors', () => {
  it('names each one once, and nixlv2 first', () => {
    const { names } = CONNECTOR_CATALOG;
    expect(names[0]).toBe('nixlv2');
    expect(new Set(names).size).toBe(names.length);
  });

  it('holds no setting that two connectors define differently', () => {
    const tables = CONNECTORS.map(({ settings }) => Object.entries(settings));
    for (const [key, setting] of tables.flat()) {
      expect(CONNECTOR_CATALOG.settings[key]).toBe(setting);
    }
  });

  it('says what to use instead of those on their way out', () => {
    expect(replacementOf('nixl')).toBe('nixlv2');
    expect(replacementOf('lmcache')).toBe('nixlv2');
    expect(replacementOf('nixlv2')).toBeUndefined();
  });
});

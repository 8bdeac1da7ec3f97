import { describe, expect, it } from '@jest/globals';
import { EC_CONNECTORS, findEcConnector } from './ec-connectors.js';

describe(findEcConnector.name, () => {
  it('finds each by its name, and nothing by another one', () => {
    for (const connector of EC_CONNECTORS) expect(findEcConnector(connector.name)).toBe(connector);
    expect(new Set(EC_CONNECTORS.map(({ name }) => name)).size).toBe(EC_CONNECTORS.length);
    for (const name of ['', 'ec', undefined]) expect(findEcConnector(name)).toBeUndefined();
  });
});

import type { EcConnector } from './ec-connector.js';
import { ecExample } from './protocols/ec-example.connector.js';
import { ecNixl } from './protocols/ec-nixl.connector.js';

/** THE list. */
export const EC_CONNECTORS: readonly [EcConnector, ...EcConnector[]] = [ecExample, ecNixl];

/** @returns undefined when none has that name */
export function findEcConnector(name: string | undefined): EcConnector | undefined {
  return EC_CONNECTORS.find((connector) => connector.name === name);
}

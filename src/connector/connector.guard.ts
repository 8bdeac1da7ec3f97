import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ProxyError } from '../errors/proxy.error.js';
import { exchangeIn } from '../proxy/exchange.js';
import { ConnectorRegistry } from './connector.registry.js';

const HEADER = 'x-connector-protocol';

/** Picks the connector of a request that is to be prefilled elsewhere, or to pull from elsewhere. */
@Injectable()
export class ConnectorGuard implements CanActivate {
  constructor(private readonly connectors: ConnectorRegistry) {}

  /** @throws ProxyError unknown_connector */
  canActivate(context: ExecutionContext): boolean {
    const exchange = exchangeIn(context);
    if (!exchange.route && !exchange.kvSource) return true;
    const asked = exchange.request.headers[HEADER];
    const name = typeof asked === 'string' ? asked.trim() : '';
    const chosen = name === '' ? this.connectors.fallback : name;
    const connector = this.connectors.find(chosen);
    if (!connector) {
      throw new ProxyError('unknown_connector', `no connector is named ${JSON.stringify(name)}`);
    }
    if (!connector.pulls) exchange.kvSource = undefined;
    if (exchange.route || exchange.kvSource) exchange.connector = chosen;
    return true;
  }
}

import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ProxyError } from '../errors/proxy.error.js';
import { exchangeIn } from '../proxy/exchange.js';
import { ConnectorRegistry } from './connector.registry.js';

const HEADER = 'x-connector-protocol';

/** Picks the connector of a request that is to be prefilled elsewhere. */
@Injectable()
export class ConnectorGuard implements CanActivate {
  constructor(private readonly connectors: ConnectorRegistry) {}

  /** @throws ProxyError unknown_connector */
  canActivate(context: ExecutionContext): boolean {
    const exchange = exchangeIn(context);
    if (!exchange.route) return true;
    const asked = exchange.request.headers[HEADER];
    const name = typeof asked === 'string' ? asked.trim() : '';
    const connector = this.connectors.find(name === '' ? this.connectors.fallback : name);
    if (!connector) {
      throw new ProxyError('unknown_connector', `no connector is named ${JSON.stringify(name)}`);
    }
    exchange.route = { ...exchange.route, connector: connector.name };
    return true;
  }
}

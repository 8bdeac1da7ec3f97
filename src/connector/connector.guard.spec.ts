import { describe, expect, it } from '@jest/globals';
import { connectorTools } from '../../test/support/connector-tools.js';
import { contextOf } from '../../test/support/http-context.js';
import { exchangeWith } from '../../test/support/message-stub.js';
import { parseTarget } from '../endpoint/target.js';
import { bindExchange } from '../proxy/exchange.js';
import { ConnectorGuard } from './connector.guard.js';
import { ConnectorRegistry } from './connector.registry.js';

/** @returns the connector that a request with this header gets; undefined: it has no route */
function chosen(header?: string, routed = true): string | undefined {
  const exchange = exchangeWith(header === undefined ? [] : ['X-Connector-Protocol', header]);
  if (routed) exchange.route = { candidates: [parseTarget('a:1')!] };
  bindExchange(exchange);
  const guard = new ConnectorGuard(
    new ConnectorRegistry(connectorTools({ allowedConnectors: ['nixl', 'lmcache'] })),
  );
  expect(guard.canActivate(contextOf(exchange))).toBe(true);
  return exchange.connector;
}

describe(ConnectorGuard.name, () => {
  it.each([
    [undefined, 'nixlv2'],
    ['', 'nixlv2'],
    [' \t', 'nixlv2'],
    ['lmcache', 'lmcache'],
    [' nixl ', 'nixl'],
  ])('makes of %j %s', (header, name) => {
    expect(chosen(header)).toBe(name);
  });

  it.each(['sglang', 'NIXL', 'nixl,nixl', 'nixl, lmcache', '__proto__', 'nixl\u00a0x'])(
    'refuses %j',
    (header) => {
      expect(() => chosen(header)).toThrow(expect.objectContaining({ code: 'unknown_connector' }));
    },
  );

  it('forgets a source of KV from which the connector cannot pull', () => {
    const exchange = exchangeWith(['X-Connector-Protocol', 'lmcache']);
    exchange.kvSource = parseTarget('a:1');
    bindExchange(exchange);
    const registry = new ConnectorRegistry(connectorTools({ allowedConnectors: ['lmcache'] }));
    new ConnectorGuard(registry).canActivate(contextOf(exchange));
    expect([exchange.kvSource, exchange.connector]).toEqual([undefined, undefined]);
  });

  it('does not look at a request that is not prefilled elsewhere', () => {
    expect(chosen('no such thing', false)).toBeUndefined();
  });
});

import type { EnvoyPorts } from '../../../scripts/envoy/config.mjs';
import type { EnvoyConfig } from './rendered.js';

/** Where everything is on this machine. */
export interface Places {
  readonly ports: EnvoyPorts;
  readonly pickers: readonly number[];
  /** `address:port` of the model servers; left out: what the configuration names is on this machine. */
  readonly servers?: readonly string[];
}

/** @returns the configuration with these addresses; all else is as it was */
export function onLoopback(config: EnvoyConfig, places: Places): EnvoyConfig {
  const moved = structuredClone(config);
  const { ports, pickers, servers } = places;
  moved['admin'].address = address(ports.admin);
  const { listeners, clusters } = moved['static_resources'];
  const listening: Record<string, number> = { inference: ports.data, operations: ports.operations };
  for (const listener of listeners) listener.address = address(listening[listener.name]!);
  const clustersAt: Record<string, readonly string[] | undefined> = {
    picker: pickers.map(local),
    'model-servers': servers,
    admin: [local(ports.admin)],
    operations: [local(ports.operations)],
  };
  for (const { name, load_assignment: assignment } of clusters) {
    const addresses = clustersAt[name];
    if (!assignment || !addresses) continue;
    assignment.endpoints[0].lb_endpoints = addresses.map((at) => ({ endpoint: endpointAt(at) }));
  }
  return moved;
}

const local = (port: number): string => `127.0.0.1:${port}`;

function address(port: number, host = '127.0.0.1'): object {
  return { socket_address: { address: host, port_value: port } };
}

function endpointAt(at: string): object {
  const colon = at.lastIndexOf(':');
  return { address: address(Number(at.slice(colon + 1)), at.slice(0, colon)) };
}

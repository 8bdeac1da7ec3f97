// The files of config/ with the addresses of this machine, for demos and tests; all else stays as it is.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const FOLDER = fileURLToPath(new URL('../../config/', import.meta.url));
/** The first minor version that can be told where to leave the endpoint that served. */
const TELLS_SERVED = 38;

/** Ports as the files have them, by what they are. */
const PORTS = { 8080: 'data', 8081: 'data', 9901: 'admin', 19000: 'admin', 19001: 'operations' };

/**
 * @param file under config/
 * @param at.ports of Envoy: data, admin, operations
 * @param at.pickers ports
 * @param at.servers ports of the model servers, where the file lists them
 * @param at.version of Envoy, as 1.40.0
 */
export function envoyConfig(file, { ports, pickers, servers = [], version }) {
  const config = parse(readFileSync(`${FOLDER}${file}`, 'utf8'));
  moveToLoopback(config, ports);
  const { clusters } = config.static_resources;
  for (const [name, replacing] of [
    ['picker', pickers],
    ['model-servers', servers],
  ]) {
    const assignment = clusters.find((cluster) => cluster.name === name).load_assignment;
    if (assignment) assignment.endpoints[0].lb_endpoints = replacing.map(endpoint);
  }
  const pool = clusters.find(({ name }) => name === 'model-servers');
  const balancing = pool.load_balancing_policy?.policies[0].typed_extension_config.typed_config;
  if (balancing && Number(version.split('.')[1]) < TELLS_SERVED) delete balancing.selected_host_key;
  return config;
}

function moveToLoopback(node, ports) {
  if (typeof node !== 'object' || node === null) return;
  const address = node.socket_address;
  if (address) {
    address.address = '127.0.0.1';
    address.port_value = ports[PORTS[address.port_value]] ?? address.port_value;
  }
  for (const child of Object.values(node)) moveToLoopback(child, ports);
}

function endpoint(port) {
  return { endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } } };
}

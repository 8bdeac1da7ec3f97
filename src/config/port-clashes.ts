import { ConfigError } from './config-error.js';
import type { Given } from './given.js';
import type { SidecarConfig } from './sidecar.config.js';
import { spellingOf, type Spelling } from './spelling.js';

const LAST_PORT = 65535;

type PortKey = 'port' | 'metrics-port' | 'model-server-port';

/** The ports that a setting takes, in a row. */
interface PortRange {
  readonly key: PortKey;
  readonly first: number;
  readonly last: number;
}

type Ports = Pick<
  SidecarConfig,
  'port' | 'metricsPort' | 'modelServerPort' | 'dataParallelSize' | 'bindAddress'
>;

/**
 * Ports that cannot be, or that two things would share.
 *
 * @throws ConfigError that names those that were given, else the flags
 */
export function refusePortClashes(config: Ports, given: ReadonlyMap<string, Given>): void {
  const named = spellingOf(given);
  const ranges = rangesOf(config);
  for (const range of ranges) refuseHighPorts(range, config.dataParallelSize, named);
  for (const [index, range] of ranges.entries()) {
    const twin = ranges.slice(0, index).find((other) => overlap(range, other));
    if (twin && (range.key !== 'model-server-port' || coversLoopback(config.bindAddress))) {
      const [first, second] = given.has(range.key) ? [range, twin] : [twin, range];
      throw new ConfigError(clash(first, second, { ...config, named }));
    }
  }
}

function rangesOf(config: Ports): PortRange[] {
  const { port, metricsPort, modelServerPort, dataParallelSize } = config;
  const more = dataParallelSize - 1;
  return [
    { key: 'port', first: port, last: port + more },
    { key: 'metrics-port', first: metricsPort, last: metricsPort },
    { key: 'model-server-port', first: modelServerPort, last: modelServerPort + more },
  ];
}

function refuseHighPorts({ key, first, last }: PortRange, size: number, named: Spelling): void {
  if (last <= LAST_PORT) return;
  throw new ConfigError(
    `${named(key)}=${first} with ${named('data-parallel-size')}=${size} goes up to port ${last}: choose one of at most ${LAST_PORT - size + 1}`,
  );
}

const overlap = (a: PortRange, b: PortRange): boolean => a.first <= b.last && b.first <= a.last;

function clash(
  first: PortRange,
  second: PortRange,
  { dataParallelSize, named }: Pick<Ports, 'dataParallelSize'> & { readonly named: Spelling },
): string {
  if (dataParallelSize === 1)
    return `${named(first.key)}=${first.first} is the port of ${named(second.key)} too: give each its own`;
  const described = ({ key, first: from, last }: PortRange): string =>
    `${named(key)}=${from}${last > from ? ` (to ${last})` : ''}`;
  return `${described(first)} and ${described(second)} overlap with ${named('data-parallel-size')}=${dataParallelSize}: give each ports of its own`;
}

/** The model server is dialled at 127.0.0.1 and ::1. */
function coversLoopback(address: string): boolean {
  return ['::', '0.0.0.0', '127.0.0.1', '::1'].includes(address);
}

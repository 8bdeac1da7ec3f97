import { ConfigError } from '../../config/config-error.js';
import type { Given } from '../../config/given.js';
import type { PickerConfig } from './picker.settings.js';

/** Settings that select the command line of the vLLM router's ext_proc service. */
const SEED_NAMES = [
  'service-discovery',
  'static-hosts',
  'route-config',
  'routing-logic',
  'port',
] as const;

/** How the picker is reached, with the defaults of the command line that it was started with. */
export interface Serving {
  /** One routing logic in place of a configuration. */
  readonly isSeed: boolean;
  readonly address: string;
  readonly grpcPort: number;
  /** The flag that {@link grpcPort} is from. */
  readonly portSetting: string;
  /** 0: off. */
  readonly healthPort: number;
  /** 0: off. */
  readonly metricsPort: number;
  readonly secure: boolean;
}

/**
 * @param given what was said at all, by the names of the settings
 * @throws ConfigError where two ports are one
 */
export function servingOf(config: PickerConfig, given: ReadonlyMap<string, Given>): Serving {
  const isSeed = seedSetting(given) !== undefined;
  const { grpcPort, grpcHealthPort, metricsPort, secureServing, bindAddress, port } = config;
  const isSeedPort = isSeed && !given.has('grpc-port');
  const serving = {
    isSeed,
    address: bindAddress ?? '::',
    grpcPort: isSeedPort ? (port ?? 50_051) : grpcPort,
    portSetting: isSeedPort ? '--port' : '--grpc-port',
    healthPort: grpcHealthPort ?? (isSeed ? 0 : 9003),
    metricsPort: metricsPort ?? (isSeed ? 0 : 9090),
    secure: secureServing ?? !isSeed,
  };
  refuseSharedPorts(serving);
  return serving;
}

function refuseSharedPorts({ grpcPort, portSetting, healthPort, metricsPort }: Serving): void {
  const ports: readonly (readonly [string, number])[] = [
    [portSetting, grpcPort],
    ['--grpc-health-port', healthPort],
    ['--metrics-port', metricsPort],
  ];
  for (const [at, [flag, port]] of ports.entries()) {
    const twin = ports.slice(0, at).find(([, other]) => port !== 0 && other === port);
    if (twin) {
      throw new ConfigError(`${flag}=${port} is the port of ${twin[0]} too: give each its own`);
    }
  }
}

/** @returns how the first of these settings was spelled that was given; undefined where none was */
export function seedSetting(given: ReadonlyMap<string, Given>): string | undefined {
  for (const name of SEED_NAMES) {
    const one = given.get(name);
    if (one) return one.spelled;
  }
  return undefined;
}

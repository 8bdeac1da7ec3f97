import { substitute, type Places } from '../rig/places.js';
import type { Rig } from '../rig/rig.js';
import type { WorldOptions } from '../rig/world.js';
import type { SsrfCase } from './case.js';

/** Where a case is played. */
export interface CaseWorld {
  /** The same for cases that may share a world. */
  readonly key: string;
  readonly options: WorldOptions;
  readonly places: Places;
}

/** @returns what a case's configuration means for the sidecar, its cluster and the places */
export function worldOf(one: SsrfCase, rig: Rig): CaseWorld {
  const { ssrf = true, portPolicy = 'any', prefillerTls = false, flags = [] } = one.config ?? {};
  // A pod with the address of localhost is there only where it is the matter.
  const ipv6 = JSON.stringify(one).includes('{A6');
  const places = prefillerTls ? { ...rig.places, P: String(rig.tlsPort) } : rig.places;
  const targetPorts = one.config?.targetPorts?.map((port) => Number(substitute(port, places)));
  const options = {
    ssrf,
    ipv6,
    flags: [
      ...flags.map((flag) => substitute(flag, places)),
      ...(portPolicy === 'pool' ? ['--ssrf-check-ports'] : []),
      ...(prefillerTls ? ['--enable-tls=prefiller'] : []),
    ],
    ...(targetPorts && { targetPorts }),
  };
  return { key: JSON.stringify(options), options, places };
}

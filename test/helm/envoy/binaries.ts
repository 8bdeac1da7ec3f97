import { installedBinary } from '../../envoy/binaries.js';
import { VERSIONS } from '../../envoy/options.js';
import type { EnvoyBinary } from '../../envoy/scenario.js';

let found: readonly EnvoyBinary[] | undefined;

/** The Envoys that rendered configurations are tried on, the newest first; installed with the first call. */
export function envoys(): readonly EnvoyBinary[] {
  found ??= VERSIONS.map(installedBinary);
  return found;
}

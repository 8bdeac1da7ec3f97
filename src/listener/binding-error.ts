import { ConfigError } from '../config/config-error.js';

/** The system's codes for an address that is none of this machine's. */
const OF_THE_ADDRESS: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENOTFOUND']);

/**
 * @param failure a `ListenError`, or what is left of one that another process told of
 * @param flags the settings that address and port came from, as they were given
 * @returns one line that names the one at fault and says the mend
 */
export function bindingError(
  { code, message }: { readonly code: string; readonly message: string },
  flags: { readonly address: string; readonly port: string },
): ConfigError {
  return new ConfigError(
    OF_THE_ADDRESS.has(code)
      ? `${flags.address}: ${message}; give an address of this machine`
      : `${flags.port}: ${message}; free it or choose another`,
  );
}

import type { AddressInfo } from 'node:net';
import { ConfigError } from '../../config/config-error.js';
import type { Spelling } from '../../config/spelling.js';
import { ListenError } from '../../listener/bind.js';
import type { Listener } from '../../listener/listener.js';

/** The setting that a listener's port comes from. */
export type PortSetting = 'port' | 'metrics-port';

/**
 * Listens, where there is a listener.
 *
 * @throws ConfigError when the port or address cannot be used
 */
export async function bindPort(
  listener: Listener | undefined,
  key: PortSetting,
  spelled: Spelling,
): Promise<AddressInfo | undefined> {
  try {
    return await listener?.listen();
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    throw bindingError(error, key, spelled);
  }
}

/** @param failure the system's code, and a sentence that names address and port */
export function bindingError(
  { code, message }: { readonly code: string; readonly message: string },
  key: PortSetting,
  spelled: Spelling,
): ConfigError {
  return new ConfigError(
    code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT'
      ? `${spelled('bind-address')}: ${message}; give an address of this machine`
      : `${spelled(key)}: ${message}; free it or choose another`,
  );
}

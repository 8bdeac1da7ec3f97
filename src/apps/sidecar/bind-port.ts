import type { AddressInfo } from 'node:net';
import { ConfigError } from '../../config/config-error.js';
import type { SidecarConfig } from '../../config/sidecar.config.js';
import type { Spelling } from '../../config/spelling.js';
import { ListenError } from '../../listener/bind.js';
import type { Listener } from '../../listener/listener.js';

/** A setting that ports come from. */
export type PortSetting = 'port' | 'data-parallel-size' | 'metrics-port';

/** @returns where the ports of clients come from */
export function dataPortSettings({ dataParallelSize }: SidecarConfig): readonly PortSetting[] {
  return dataParallelSize > 1 ? ['port', 'data-parallel-size'] : ['port'];
}

/**
 * Listens, where there is a listener.
 *
 * @throws ConfigError when the port or address cannot be used
 */
export async function bindPort(
  listener: Pick<Listener, 'listen'> | undefined,
  keys: readonly PortSetting[],
  spelled: Spelling,
): Promise<AddressInfo | undefined> {
  try {
    return await listener?.listen();
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    throw bindingError(error, keys, spelled);
  }
}

/** @param failure the system's code, and a sentence that names address and port */
export function bindingError(
  { code, message }: { readonly code: string; readonly message: string },
  keys: readonly PortSetting[],
  spelled: Spelling,
): ConfigError {
  return new ConfigError(
    code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT'
      ? `${spelled('bind-address')}: ${message}; give an address of this machine`
      : `${keys.map((key) => spelled(key)).join(' with ')}: ${message}; free it or choose another`,
  );
}

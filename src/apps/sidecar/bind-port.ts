import type { AddressInfo } from 'node:net';
import type { SidecarConfig } from '../../config/sidecar.config.js';
import type { Spelling } from '../../config/spelling.js';
import { ListenError } from '../../listener/bind.js';
import { bindingError } from '../../listener/binding-error.js';
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
    throw bindingError(error, bindingFlags(keys, spelled));
  }
}

/** @returns how the settings that a listener's address and port come from were given */
export function bindingFlags(
  keys: readonly PortSetting[],
  spelled: Spelling,
): Parameters<typeof bindingError>[1] {
  const port = keys.map((key) => spelled(key)).join(' with ');
  return { address: spelled('bind-address'), port };
}

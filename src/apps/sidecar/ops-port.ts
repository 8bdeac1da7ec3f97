import type { SidecarConfig } from '../../config/sidecar.config.js';
import { createListener, type Listener } from '../../listener/listener.js';
import type { Logger } from '../../logging/logger.js';
import type { Application } from '../bootstrap.js';
import { DrainHook, type ClientConnections } from './drain-hook.js';
import { opsHandler } from './ops-front.js';

/**
 * Where metrics and health are asked for, and a kubelet says that the pod is going; nothing is bound yet.
 *
 * @param clients whom that concerns
 * @returns undefined where it is switched off
 */
export function opsListener(
  { handle }: Application,
  { config, logger }: { readonly config: SidecarConfig; readonly logger: Logger },
  clients: ClientConnections,
): Listener | undefined {
  if (config.metricsPort === 0) return undefined;
  const { metricsPort: port, bindAddress } = config;
  const handler = opsHandler(handle, new DrainHook(clients, logger));
  return createListener({ port, bindAddress, logger }, handler, (_request, socket) =>
    socket.destroy(),
  );
}

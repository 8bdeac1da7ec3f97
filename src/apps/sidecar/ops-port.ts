import type { SidecarConfig } from '../../config/sidecar.config.js';
import { createListener, type Listener } from '../../listener/listener.js';
import type { Logger } from '../../logging/logger.js';
import type { Application } from '../bootstrap.js';
import { opsHandler } from './ops-front.js';

/** Where metrics and health are asked for; nothing is bound yet. @returns undefined where it is switched off */
export function opsListener(
  { handle }: Application,
  config: SidecarConfig,
  logger: Logger,
): Listener | undefined {
  if (config.metricsPort === 0) return undefined;
  const { metricsPort: port, bindAddress } = config;
  return createListener({ port, bindAddress, logger }, opsHandler(handle), (_request, socket) =>
    socket.destroy(),
  );
}

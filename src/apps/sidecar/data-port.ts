import { createListener, type Listener } from '../../listener/listener.js';
import { AccessLog } from '../../logging/access-log.js';
import { Origins } from '../../proxy/origins.js';
import { TunnelService } from '../../proxy/tunnel.service.js';
import type { ServerCertificates } from '../../tls/certificates.js';
import type { Application } from '../bootstrap.js';
import { RequestFront } from './request-front.js';
import { isPassedThrough } from './routes.js';
import type { SidecarParts } from './sidecar.module.js';

/** What every request of the data port passes before the router. */
export function requestFront({ handle, nest }: Application, parts: SidecarParts): RequestFront {
  const { config, logger, metrics, tracing } = parts;
  const accessLog = nest.get(AccessLog);
  const { requestTimeout } = config;
  return new RequestFront({ metrics, logger, tracing, accessLog, requestTimeout }, handle);
}

/** Where clients connect; nothing is bound yet. @param certificates undefined: plain HTTP */
export function dataListener(
  { nest }: Application,
  front: RequestFront,
  {
    config,
    logger,
    certificates,
  }: Pick<SidecarParts, 'config' | 'logger'> & { certificates: ServerCertificates | undefined },
): Listener {
  const tunnels = nest.get(TunnelService);
  const { decoder } = nest.get(Origins);
  return createListener(
    {
      port: config.port,
      bindAddress: config.bindAddress,
      tls: certificates,
      tlsMinVersion: config.tlsMinVersion,
      tlsCiphers: config.tlsCiphers,
      logger,
      mayTunnel: isPassedThrough,
      refused: (request, { status }) => front.refused(request, status),
      unreadable: (request) => front.unreadable(request),
    },
    front.handle,
    (request, socket, head) =>
      front.upgraded(request, socket, tunnels.open(request, socket, head, decoder)),
  );
}

import { createListener, type Listener } from '../../listener/listener.js';
import { ListenerGroup } from '../../listener/listener-group.js';
import { AccessLog } from '../../logging/access-log.js';
import { Origins } from '../../proxy/origins.js';
import { TunnelService } from '../../proxy/tunnel.service.js';
import type { ServerCertificates } from '../../tls/certificates.js';
import type { Application } from '../bootstrap.js';
import { RequestFront } from './request-front.js';
import { isPassedThrough } from './routes.js';
import type { SidecarParts } from './sidecar.module.js';

/** What every request of the data ports passes before the router. */
export function requestFront({ handle, nest }: Application, parts: SidecarParts): RequestFront {
  const { config, logger, metrics, tracing } = parts;
  const accessLog = nest.get(AccessLog);
  const { requestTimeout, dataParallelSize } = config;
  const services = { metrics, logger, tracing, accessLog, requestTimeout };
  return new RequestFront({ ...services, ranked: dataParallelSize > 1 }, handle);
}

/** What listeners are made of. */
interface ListenerParts extends Pick<SidecarParts, 'config' | 'logger'> {
  /** Undefined: plain HTTP. */
  readonly certificates: ServerCertificates | undefined;
}

/** Where clients connect: a port for each data-parallel rank. Nothing is bound yet. */
export function dataListeners(
  app: Application,
  front: RequestFront,
  parts: ListenerParts,
): ListenerGroup {
  const { dataParallelSize: length } = parts.config;
  return new ListenerGroup(
    Array.from({ length }, (_, rank) => rankListener(rank, app, front, parts)),
  );
}

function rankListener(
  rank: number,
  { nest }: Application,
  front: RequestFront,
  { config, logger, certificates }: ListenerParts,
): Listener {
  const tunnels = nest.get(TunnelService);
  const decoder = nest.get(Origins).decoders[rank]!;
  return createListener(
    {
      // Any free one: for tests.
      port: config.port === 0 ? 0 : config.port + rank,
      bindAddress: config.bindAddress,
      tls: certificates,
      tlsMinVersion: config.tlsMinVersion,
      tlsCiphers: config.tlsCiphers,
      logger,
      mayTunnel: isPassedThrough,
      refused: (request, { status }) => front.refused(request, status),
      unreadable: (request) => front.unreadable(request),
    },
    front.handler(rank),
    (request, socket, head) =>
      front.upgraded(request, socket, {
        rank,
        upgrade: tunnels.open(request, socket, head, decoder),
      }),
  );
}

import type { IncomingMessage, Server } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import net, { type AddressInfo } from 'node:net';
import type { SecureVersion, TLSSocket } from 'node:tls';
import type { Logger } from '../logging/logger.js';
import type { ServerCertificates } from '../tls/certificates.js';
import { bind } from './bind.js';
import type { UnreadableHook } from './client-error.js';
import type { Connection } from './connection.js';
import { closeIdle, destroyAll, drainConnections } from './drain.js';
import { Ending } from './ending.js';
import { serveHttp2 } from './http2-session.js';
import {
  createHttpServer,
  startTimeouts,
  type HttpServerHooks,
  type RefusedHook,
  type RequestHandler,
  type UpgradeHandler,
} from './http-server.js';
import { watchStalledClients } from './stalled-clients.js';
import { createTlsFront, type TlsFront } from './tls-front.js';

export interface ListenerOptions {
  readonly port: number;
  /** `::` or empty: all interfaces, IPv4 alone where the machine has no IPv6. */
  readonly bindAddress: string;
  /** TLS with HTTP/2 and HTTP/1.1 when present, else plain HTTP/1.1. */
  readonly tls?: ServerCertificates | undefined;
  /** Default `TLSv1.2`. */
  readonly tlsMinVersion?: SecureVersion | undefined;
  /** OpenSSL's names, colon separated; default: suites with forward secrecy and AEAD. */
  readonly tlsCiphers?: string | undefined;
  readonly logger: Logger;
  /** How long, in ms, idle connections may still bring requests once draining began, though none is in flight; default 1 s. */
  readonly idleGraceMs?: number | undefined;
  /** Called with each parsed request that the listener answers itself (400, 405, 414, 417, 431, 505). */
  readonly refused?: RefusedHook | undefined;
  /** Called with each request that the listener answers although it could not be read (400, 408, 431). */
  readonly unreadable?: UnreadableHook | undefined;
  /** Which requests may become tunnels; all that ask well, when left out. */
  readonly mayTunnel?: ((request: IncomingMessage) => boolean) | undefined;
}

/** Where clients connect. */
export interface Listener {
  /** The HTTP/1.1 server that all requests come from, also those that arrive over TLS or HTTP/2. */
  readonly server: Server;
  /** True from the first call of {@link drain} or {@link closeNow}. */
  readonly draining: boolean;
  /** @throws {ListenError} */
  listen(): Promise<AddressInfo>;
  /**
   * From now on each answer is the last one of its connection, which says so (HTTP/2: GOAWAY comes with it); new connections
   * are accepted as before.
   */
  endConnections(): void;
  /**
   * Closes the connections on which nothing is being answered, and the others when that has ended. Nothing once
   * {@link draining}.
   */
  closeIdle(): void;
  /** Takes {@link endConnections} back. Nothing once {@link draining}. */
  keepConnections(): void;
  /**
   * Stops accepting at once and waits until every request and tunnel ended. Requests on open connections
   * are served with `Connection: close`, HTTP/2 clients get GOAWAY. After `deadlineMs` the rest is destroyed.
   *
   * @param cutting called before that
   */
  drain(deadlineMs: number, cutting?: () => void): Promise<void>;
  /** Stops accepting and destroys every connection. */
  closeNow(): void;
}

/** Makes a listener; nothing is bound before {@link Listener.listen}. */
export function createListener(
  options: ListenerOptions,
  handle: RequestHandler,
  upgrade: UpgradeHandler,
): Listener {
  const connections = new Set<Connection>();
  const sessions = new Set<ServerHttp2Session>();
  const { idleGraceMs = 1_000 } = options;
  const ending = new Ending(connections);
  const server = createHttpServer({
    ...options,
    handle,
    upgrade,
    ...tracked(connections),
    draining: () => ending.begun,
  });
  server.once('close', watchStalledClients(connections));
  const front = tlsFrontOf(options, { server, sessions, ending });
  const open = { connections, sessions, front };
  const listening = front?.server ?? server;
  const stopAccepting = (): void => {
    ending.drain();
    closePort(listening);
    front?.close();
  };
  return {
    server,
    get draining() {
      return ending.draining;
    },
    async listen() {
      const address = await bind(listening, options.port, options.bindAddress);
      if (front !== undefined) startTimeouts(server);
      return address;
    },
    endConnections: () => ending.begin(),
    closeIdle: () => closeIdle(open, ending),
    keepConnections: () => ending.takeBack(),
    async drain(deadlineMs, cutting) {
      stopAccepting();
      await drainConnections(open, { deadlineMs, idleGraceMs, cutting });
      server.close();
    },
    closeNow() {
      stopAccepting();
      server.close();
      destroyAll(open);
    },
  };
}

/** Remembers the connections that are open. */
function tracked(connections: Set<Connection>): Pick<HttpServerHooks, 'opened' | 'closed'> {
  return {
    opened: (connection) => connections.add(connection),
    closed: (connection) => connections.delete(connection),
  };
}

/** Not http's own close(): it cuts idle connections at once, and with them requests on their way. */
function closePort(listening: net.Server): void {
  net.Server.prototype.close.call(listening);
}

/** What a TLS front leads to. */
interface Behind {
  readonly server: Server;
  readonly sessions: Set<ServerHttp2Session>;
  readonly ending: Ending;
}

/** Puts TLS in front of the HTTP server: HTTP/1.1 goes to it as it is, HTTP/2 stream by stream. */
function tlsFrontOf(
  options: ListenerOptions,
  { server, sessions, ending }: Behind,
): TlsFront | undefined {
  const { tls: certificates, logger } = options;
  if (certificates === undefined) return undefined;
  const serve = (socket: TLSSocket): void => {
    if (socket.alpnProtocol !== 'h2') {
      server.emit('connection', socket);
      return;
    }
    const accept = (inner: Duplex): void => void server.emit('connection', inner);
    const { unreadable } = options;
    const isEnding = (): boolean => ending.begun;
    const session = serveHttp2(socket, { logger, accept, unreadable, isEnding });
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  };
  return createTlsFront(
    { certificates, minVersion: options.tlsMinVersion, ciphers: options.tlsCiphers, logger },
    serve,
  );
}

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bind } from './bind.js';
import type { Connection } from './connection.js';
import { drainConnections } from './drain.js';
import {
  closeAfter,
  createHttpServer,
  type RequestHandler,
  type UpgradeHandler,
} from './http-server.js';
import type { Logger } from '../logging/logger.js';
import type { IncomingMessage } from 'node:http';
import type { Refusal } from './request-head.js';

export interface ListenerOptions {
  readonly port: number;
  /** `::` or empty: all interfaces, IPv4 alone where the machine has no IPv6. */
  readonly bindAddress: string;
  readonly logger: Logger;
  /** How long, in ms, an idle connection may still bring a request once draining began; default 1 s. */
  readonly idleGraceMs?: number;
  /** A parsed request that the listener answers itself (400, 405, 417, 505), for counters. */
  readonly refused?: (request: IncomingMessage, refusal: Refusal) => void;
}

/** Where clients connect. */
export interface Listener {
  /** The HTTP/1.1 server that all requests come from, also those that arrive over TLS or HTTP/2. */
  readonly server: Server;
  /** True from the first call of {@link drain}. */
  readonly draining: boolean;
  /** @throws {ListenError} */
  listen(): Promise<AddressInfo>;
  /**
   * Stops accepting at once and waits until every request and tunnel ended. Requests on open connections
   * are served with `Connection: close`. After `deadlineMs` the rest is destroyed.
   */
  drain(deadlineMs: number): Promise<void>;
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
  let draining = false;
  const server = createHttpServer({
    logger: options.logger,
    handle,
    upgrade,
    refused: options.refused,
    opened: (connection) => connections.add(connection),
    closed: (connection) => connections.delete(connection),
    draining: () => draining,
  });
  return {
    server,
    get draining() {
      return draining;
    },
    listen: () => bind(server, options.port, options.bindAddress),
    async drain(deadlineMs) {
      draining = true;
      for (const connection of connections) {
        if (connection.response && connection.busy) closeAfter(connection, connection.response);
      }
      await drainConnections({
        server,
        connections,
        deadlineMs,
        idleGraceMs: options.idleGraceMs ?? 1_000,
      });
    },
    closeNow() {
      draining = true;
      server.close();
      for (const { socket } of connections) socket.destroy();
    },
  };
}

import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { answerClientError, type UnreadableHook } from './client-error.js';
import { attachConnection, connectionOf, type Connection } from './connection.js';
import { markAwaitsContinue } from './expect-continue.js';
import type { Logger } from '../logging/logger.js';
import { endLingering, lingerAfterEarlyAnswers } from './linger.js';
import { inTurn } from './pipeline.js';
import { rawRefusal, refuse } from './refuse.js';
import { originForm, refusalOf, type Refusal } from './request-head.js';
import { isTunnelRequest } from './upgrade-request.js';

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * Told of each parsed request that is answered here and never reaches the handler, before it is answered.
 *
 * @returns the X-Request-Id of the answer
 */
export type RefusedHook = (request: IncomingMessage, refusal: Refusal) => string;

/** What an HTTP/1.1 server asks of the listener it belongs to. */
export interface HttpServerHooks {
  readonly logger: Logger;
  readonly handle: RequestHandler;
  readonly upgrade: UpgradeHandler;
  /** Called with each new connection, and again with `closed` when it is over. */
  opened(connection: Connection): void;
  closed(connection: Connection): void;
  /** False: a request to upgrade is served as if it had not asked. */
  mayTunnel?: ((request: IncomingMessage) => boolean) | undefined;
  /** True once no connection is to be kept alive. */
  draining(): boolean;
  refused?: RefusedHook | undefined;
  unreadable?: UnreadableHook | undefined;
}

/** Limits of a server whose clients are gateways with long-lived connections and hour-long streams. */
const LIMITS = {
  maxHeaderSize: 1 << 20,
  requestTimeout: 0,
  headersTimeout: 30_000,
  keepAliveTimeout: 300_000,
  connectionsCheckingInterval: 2_000,
  noDelay: true,
  // A missing Host is refused by our own check, with a body that clients understand.
  requireHostHeader: false,
  insecureHTTPParser: false,
} as const;

/** Makes the HTTP/1.1 server; every request that reaches the handler has a sound head and an origin-form target. */
export function createHttpServer(hooks: HttpServerHooks): Server {
  const server = http.createServer({
    ...LIMITS,
    shouldUpgradeCallback: (request) =>
      isTunnelRequest(request) && (hooks.mayTunnel?.(request) ?? true),
  });
  // Node drops what is above the count without a word; the size limit bounds it anyhow.
  server.maxHeadersCount = 0;
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    inTurn(request, response, () => admit(request, response, hooks));
  };
  server.on('connection', (socket: Duplex) => {
    const connection = attachConnection(socket);
    if (socket instanceof Socket) lingerAfterEarlyAnswers(connection, socket);
    hooks.opened(connection);
    socket.once('close', () => {
      hooks.closed(connection);
    });
  });
  server.on('request', serve);
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    markAwaitsContinue(request);
    serve(request, response);
  });
  server.on('checkExpectation', serve);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    admitUpgrade(request, socket, head, hooks);
  });
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    refuseSocket(request, socket, hooks);
  });
  server.on('clientError', (error: Error, socket: Duplex) => {
    answerClientError(error, socket, hooks);
  });
  return server;
}

/**
 * Starts the checks for heads that take too long. Node starts them with `listen`, which a server behind a TLS
 * front never does.
 */
export function startTimeouts(server: Server): void {
  server.emit('listening');
}

function admit(request: IncomingMessage, response: ServerResponse, hooks: HttpServerHooks): void {
  const connection = connectionOf(request.socket);
  if (connection !== undefined) {
    if (hooks.draining()) closeAfter(connection, response);
  }
  const refusal = refusalOf(request);
  if (refusal !== undefined) {
    const id = hooks.refused?.(request, refusal);
    if (id !== undefined) response.setHeader('X-Request-Id', id);
    refuse(response, refusal);
    return;
  }
  request.url = originForm(request.url ?? '');
  try {
    hooks.handle(request, response);
  } catch (error) {
    hooks.logger.error('request handler threw', { error });
    response.destroy();
  }
}

/** Makes this the last answer of its connection, and says so in its head. */
export function closeAfter(connection: Connection, response: ServerResponse): void {
  if (response.headersSent) return;
  response.shouldKeepAlive = false;
  connection.closing = true;
}

function admitUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  hooks: HttpServerHooks,
): void {
  const connection = connectionOf(socket);
  if (connection?.closing || connection?.busy) {
    // Pipelined behind a request that is still being answered: the bytes of two exchanges must not mix.
    socket.destroy();
    return;
  }
  const refusal = refusalOf(request);
  if (refusal !== undefined) {
    endLingering(socket, rawRefusal(refusal, hooks.refused?.(request, refusal)));
    return;
  }
  if (connection !== undefined) connection.held = true;
  request.url = originForm(request.url ?? '');
  // Node takes its own error listener off; a tunnel's owner may add one a turn too late.
  socket.on('error', () => undefined);
  hooks.upgrade(request, socket, head);
}

function refuseSocket(request: IncomingMessage, socket: Duplex, hooks: HttpServerHooks): void {
  const refusal = refusalOf(request) ?? CONNECT;
  endLingering(socket, rawRefusal(refusal, hooks.refused?.(request, refusal)));
}

const CONNECT: Refusal = { status: 405, message: 'Method Not Allowed', close: true };

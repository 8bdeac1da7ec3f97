import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from '../logging/logger.js';
import { connectionOf, type Connection } from './connection.js';
import { endLingering } from './linger.js';
import { rawRefusal, refuse } from './refuse.js';
import type { Refusal } from './request-head.js';

type Answer = Pick<Refusal, 'status' | 'message'>;

const MALFORMED: Answer = { status: 400, message: 'The request is malformed.' };

const ANSWERS: Readonly<Record<string, Answer>> = {
  HPE_HEADER_OVERFLOW: { status: 431, message: 'The request head is too large.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: 'The request head took too long.' },
  HPE_PAUSED_H2_UPGRADE: { status: 400, message: 'HTTP/2 is served over TLS only.' },
};

/** A request that was refused before there was a request object. */
export interface UnreadableRequest {
  readonly status: number;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/**
 * Told of each request that could not be read and gets an answer.
 *
 * @returns the X-Request-Id of the answer
 */
export type UnreadableHook = (request: UnreadableRequest) => string;

/** What the answer to a client's error asks of the server it belongs to. */
export interface ClientErrorHooks {
  readonly logger: Logger;
  unreadable?: UnreadableHook | undefined;
}

/**
 * Answers bytes that are no HTTP (Node's `clientError`): 400, 408 or 431 and the end of the connection.
 * What the parser says goes to the log at debug level only, so that a hostile client cannot flood it.
 */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  hooks: ClientErrorHooks,
): void {
  const connection = connectionOf(socket);
  // Where the client has gone, the owner of the answer has stopped: nobody would end it any more.
  const abandoned = connection?.gone === true && connection.response?.writableEnded === false;
  if (error.code === 'ECONNRESET' || socket.destroyed || abandoned) {
    socket.destroy();
    return;
  }
  if (connection !== undefined) {
    // An answer that ends the connection is complete and on its way: nothing to add.
    if (connection.failed || (connection.closing && connection.response?.writableEnded)) return;
    connection.failed = true;
  }
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  hooks.logger.debug('refused a malformed request', { code: error.code, reason: error.message });
  if (connection !== undefined && keepsEarlierAnswer(connection)) return;
  if (connection !== undefined) connection.closing = true;
  const answer = ANSWERS[error.code ?? ''] ?? MALFORMED;
  if (connection?.busy) cutInFlight(connection, answer);
  else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && nothingReceived(socket)) socket.destroy();
  else {
    const id = hooks.unreadable?.({
      status: answer.status,
      socket: { remoteAddress: (socket as Partial<Socket>).remoteAddress },
    });
    endLingering(socket, rawRefusal(answer, id));
  }
}

/** Garbage behind a complete request must not cost that request its answer; the connection ends after it. */
function keepsEarlierAnswer(connection: Connection): boolean {
  const { request, response, socket } = connection;
  if (!connection.busy || request?.complete !== true || response === undefined) return false;
  connection.closing = true;
  if (!response.headersSent) response.shouldKeepAlive = false;
  response.once('finish', () => {
    endLingering(socket);
  });
  return true;
}

/** The body of the request in flight turned out malformed: answered where nothing was sent yet, else cut. */
function cutInFlight(connection: Connection, answer: Answer): void {
  const { response, socket } = connection;
  const untouched = response !== undefined && !response.headersSent && response.socket === socket;
  connection.leave('rejected');
  // A tunnel's connection has the response of an earlier request, or none.
  if (!untouched || connection.held) socket.destroy();
  else refuse(response, { ...answer, close: true });
}

const nothingReceived = (socket: Duplex): boolean =>
  'bytesRead' in socket && socket.bytesRead === 0;

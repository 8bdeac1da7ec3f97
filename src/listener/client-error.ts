import type { Duplex } from 'node:stream';
import type { Logger } from '../logging/logger.js';
import { connectionOf, type Connection } from './connection.js';
import { endLingering } from './linger.js';
import { rawRefusal } from './refuse.js';
import type { Refusal } from './request-head.js';

type Answer = Pick<Refusal, 'status' | 'message'>;

const MALFORMED: Answer = { status: 400, message: 'The request is malformed.' };

const ANSWERS: Readonly<Record<string, Answer>> = {
  HPE_HEADER_OVERFLOW: { status: 431, message: 'The request head is too large.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: 'The request head took too long.' },
  HPE_PAUSED_H2_UPGRADE: { status: 400, message: 'HTTP/2 is served over TLS only.' },
};

/**
 * Answers bytes that are no HTTP (Node's `clientError`): 400, 408 or 431 and the end of the connection.
 * Errors go to the log at debug level only, so that a hostile client cannot flood it.
 */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  logger: Logger,
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
  logger.debug('refused a malformed request', { code: error.code, reason: error.message });
  if (connection !== undefined && keepsEarlierAnswer(connection)) return;
  if (connection !== undefined) connection.closing = true;
  const answer = ANSWERS[error.code ?? ''] ?? MALFORMED;
  if (connection?.busy) cutInFlight(connection, answer);
  else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && nothingReceived(socket)) socket.destroy();
  else endLingering(socket, rawRefusal(answer));
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
  connection.leave();
  if (!untouched) {
    socket.destroy();
    return;
  }
  socket.end(rawRefusal(answer), () => {
    socket.destroy();
  });
}

const nothingReceived = (socket: Duplex): boolean =>
  'bytesRead' in socket && socket.bytesRead === 0;

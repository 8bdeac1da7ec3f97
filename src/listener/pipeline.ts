import type { IncomingMessage, ServerResponse } from 'node:http';
import { connectionOf } from './connection.js';

/** Requests that wait on one connection before it is read no further. */
const MAX_WAITING = 16;

/**
 * Begins with a request when the one ahead of it on its connection was answered. Requests that may change something
 * must not overtake each other (RFC 9112 §9.3.2), and a client that sends thousands at once must not get as many
 * connections to engines.
 *
 * @param begin not called where the connection ends first
 */
export function inTurn(
  request: IncomingMessage,
  response: ServerResponse,
  begin: () => void,
): void {
  const connection = connectionOf(request.socket);
  if (connection === undefined) return begin();
  // What follows a refused request, or one answered with `Connection: close`, is not a request.
  if (connection.closing) return;
  const ahead = connection.response;
  connection.request = request;
  connection.response = response;
  if (ahead === undefined || ahead.writableEnded || ahead.destroyed) return begin();
  const { socket } = request;
  // Not at once: Node goes on reading at the end of every message.
  if (++connection.waiting === MAX_WAITING)
    process.nextTick(() => {
      if (connection.waiting >= MAX_WAITING) socket.pause();
    });
  ahead.once('close', () => {
    connection.waiting--;
    if (socket.destroyed || socket.writableEnded || connection.gone) return;
    if (connection.waiting < MAX_WAITING && socket.isPaused()) socket.resume();
    begin();
  });
}

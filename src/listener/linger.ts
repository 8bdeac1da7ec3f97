import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Connection } from './connection.js';

/** A client that sent nothing for this time, in ms, is not waited for any longer. */
const IDLE_MS = 1_000;
/** Nor is one that goes on and on. */
const MAX_MS = 10_000;

/**
 * Sends last words and closes without destroying them on the way: a close with unread bytes makes the kernel
 * send RST, and the client drops what it had not read. So this side reads on, for a bounded time.
 */
export function endLingering(socket: Duplex, words?: string): void {
  const deadline = performance.now() + MAX_MS;
  let seen = bytesRead(socket);
  const timer = setInterval(() => {
    const now = bytesRead(socket);
    if (now === seen || performance.now() > deadline) socket.destroy();
    seen = now;
  }, IDLE_MS).unref();
  const destroy = (): void => {
    socket.destroy();
  };
  socket.once('close', () => {
    clearInterval(timer);
  });
  socket.once('end', destroy);
  socket.on('error', destroy);
  socket.end(words);
  socket.resume();
}

/**
 * Makes answers that end the connection before the request was read reach a client that is still sending, such as
 * one whose body is too large. Node calls `destroySoon` after the last answer of a connection.
 */
export function lingerAfterEarlyAnswers(connection: Connection, socket: Socket): void {
  const destroySoon = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    // What comes now is the rest of a body, whatever it looks like.
    connection.closing = true;
    if (connection.request?.complete === false) endLingering(socket);
    else destroySoon();
  };
}

const bytesRead = (socket: Duplex): number =>
  'bytesRead' in socket ? Number(socket.bytesRead) : 0;

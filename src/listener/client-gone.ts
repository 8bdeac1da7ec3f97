import type { ServerResponse } from 'node:http';
import { connectionOf, type GoneWatcher, type Leaving } from './connection.js';

/**
 * Calls back once when the client of a response leaves before the response was fully sent. A client that closes
 * its sending half counts as gone, and one whose body turns out malformed does not get its answer. Works for keep-alive, pipelined, TLS and bridged HTTP/2 requests.
 *
 * @param callback runs within the turn in which the end of the connection is seen; must not throw
 * @returns a function that ends the watch; call it when the exchange is over
 */
export function onClientGone(
  response: ServerResponse,
  callback: (leaving: Leaving) => void,
): () => void {
  const connection = connectionOf(response.req.socket);
  if (connection === undefined) return watchResponse(response, callback);
  const { watchers } = connection;
  if (connection.gone) {
    let wanted = true;
    process.nextTick(() => {
      if (wanted && !response.writableFinished) callback('client_gone');
    });
    return () => {
      wanted = false;
    };
  }
  // Forgotten watches must not pile up on a long-lived connection.
  while (watchers.length > 0 && watchers[0]!.response.writableFinished) watchers.shift();
  const watcher: GoneWatcher = { response, callback };
  watchers.push(watcher);
  return () => {
    const at = watchers.indexOf(watcher);
    if (at >= 0) watchers.splice(at, 1);
  };
}

/** For a response of a server that is not ours: its own `close` event, later by the time the socket takes to close. */
function watchResponse(response: ServerResponse, callback: (leaving: Leaving) => void): () => void {
  const closed = (): void => {
    if (!response.writableFinished) callback('client_gone');
  };
  response.once('close', closed);
  return () => {
    response.off('close', closed);
  };
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Why nobody waits for an answer any more: the client left, or its request turned out malformed. */
export type Leaving = 'client_gone' | 'rejected';

/** Somebody who wants to know when the client of one response leaves. */
export interface GoneWatcher {
  readonly response: ServerResponse;
  readonly callback: (leaving: Leaving) => void;
}

/**
 * What is remembered about one client connection that speaks HTTP/1.1: a TCP or TLS socket, or the inner end
 * of a bridged HTTP/2 stream.
 */
export class Connection {
  /** The latest request and its response; responses end in order, so the last one speaks for all. */
  request: IncomingMessage | undefined;
  response: ServerResponse | undefined;
  /** Requests that came before the one ahead of them was answered. */
  waiting = 0;
  /** No further request of this connection is served: its framing is in doubt, or `Connection: close` was said. */
  closing = false;
  /** A parse error was dealt with; the parser repeats it with every further chunk. */
  failed = false;
  /** True where something else decides when it ends: a tunnel, or the HTTP/2 stream that it serves. */
  held = false;
  /** True once the client closed its sending half or the whole connection. */
  gone = false;
  readonly watchers: GoneWatcher[] = [];

  constructor(readonly socket: Duplex) {}

  /** True while a request is being answered or a tunnel is open. */
  get busy(): boolean {
    if (this.held) return true;
    const response = this.response;
    return response !== undefined && !response.writableFinished && !response.destroyed;
  }

  /** Tells every watcher whose response is not fully sent, once. */
  leave(leaving: Leaving = 'client_gone'): void {
    if (this.gone) return;
    this.gone = true;
    for (const { response, callback } of this.watchers.splice(0)) {
      // A response destroyed on this side is the doing of its owner, who knows.
      if (!response.writableFinished && !response.destroyed) callback(leaving);
    }
  }
}

const CONNECTION = Symbol('connection');

interface Tagged {
  [CONNECTION]?: Connection;
}

/** Starts to remember a connection, with one listener pair for its whole life. */
export function attachConnection(socket: Duplex): Connection {
  const connection = new Connection(socket);
  (socket as Tagged)[CONNECTION] = connection;
  const leave = (): void => connection.leave();
  // Before Node's own listeners: they mark the response as destroyed, which would look like our doing.
  socket.prependListener('end', leave);
  socket.prependListener('close', leave);
  return connection;
}

/** The memory of a connection, or undefined where the socket did not come through a listener. */
export function connectionOf(socket: Duplex | null | undefined): Connection | undefined {
  return (socket as Tagged | null | undefined)?.[CONNECTION];
}

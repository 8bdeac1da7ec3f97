import type { Socket } from 'node:net';
import type { Connection } from './connection.js';
import { readEstablished, tcpKey, type TcpKey } from './tcp-table.js';

/** How often, in ms, connections that are not read from are looked at. */
const LOOK_MS = 300;

/**
 * Notices clients that leave while nothing is read from them, because an engine takes their body too slowly: Node
 * watches a socket only while it reads from it. So the system's table of connections is asked, as long as there are
 * such clients; where there is none (Linux has one), they are noticed when reading goes on.
 *
 * A client that closes with more bytes under way than fit into both kernels' buffers has not sent its end yet:
 * nobody can know.
 *
 * @returns ends the watch
 */
export function watchStalledClients(connections: ReadonlySet<Connection>): () => void {
  let looking = false;
  let missing: ReadonlySet<Connection> = new Set();
  const timer = setInterval(() => {
    const stalled = stalledIn(connections);
    if (stalled.size === 0 || looking) return;
    looking = true;
    void notEstablished(stalled).then((found) => {
      // The table is no snapshot: one look may miss a connection that is there, two in a row do not.
      for (const connection of found) if (missing.has(connection)) end(connection);
      missing = found;
      looking = false;
    });
  }, LOOK_MS).unref();
  return () => clearInterval(timer);
}

function stalledIn(connections: ReadonlySet<Connection>): Map<TcpKey, Connection> {
  const stalled = new Map<TcpKey, Connection>();
  for (const connection of connections) {
    const socket = connection.socket as Partial<Socket>;
    if (!connection.socket.isPaused() || !connection.busy) continue;
    const { localPort, remotePort } = socket;
    if (localPort === undefined || remotePort === undefined) continue;
    stalled.set(tcpKey(localPort, remotePort), connection);
  }
  return stalled;
}

async function notEstablished(
  stalled: ReadonlyMap<TcpKey, Connection>,
): Promise<ReadonlySet<Connection>> {
  const established = await readEstablished(new Set(stalled.keys()));
  if (established === undefined) return new Set();
  return new Set(
    [...stalled].filter(([key]) => !established.has(key)).map(([, connection]) => connection),
  );
}

function end(connection: Connection): void {
  // Its bytes may have been read meanwhile, and its end with them.
  if (!connection.socket.isPaused()) return;
  connection.leave();
  connection.socket.destroy();
}

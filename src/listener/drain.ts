import type http from 'node:http';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from './connection.js';

const LOOK_MS = 20;

/** Closes idle connections after the grace, waits for busy ones, destroys what is left at the deadline. */
export async function drainConnections(options: {
  server: http.Server;
  connections: ReadonlySet<Connection>;
  deadlineMs: number;
  idleGraceMs: number;
}): Promise<void> {
  const { server, connections, deadlineMs, idleGraceMs } = options;
  const start = performance.now();
  // Not http's own close(): it cuts idle connections at once, and with them requests on their way.
  net.Server.prototype.close.call(server);
  while (connections.size > 0) {
    const elapsed = performance.now() - start;
    for (const connection of connections) {
      if (elapsed >= deadlineMs || (elapsed >= idleGraceMs && !connection.busy)) {
        connection.socket.destroy();
      }
    }
    await sleep(Math.min(LOOK_MS, Math.max(deadlineMs - elapsed, 1)));
  }
  server.close();
}

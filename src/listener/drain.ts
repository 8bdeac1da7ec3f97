import type { ServerHttp2Session } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from './connection.js';
import { endLingering } from './linger.js';
import type { TlsFront } from './tls-front.js';

/** Everything a listener has open. */
export interface OpenConnections {
  readonly connections: ReadonlySet<Connection>;
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  readonly front: TlsFront | undefined;
}

/** How long a drain waits. */
export interface DrainTimes {
  /** Milliseconds until all that is left is cut. */
  readonly deadlineMs: number;
  /** Milliseconds during which idle connections may still bring requests. */
  readonly idleGraceMs: number;
  /** Called before what is left at the deadline is cut. */
  readonly cutting?: (() => void) | undefined;
}

/** How often, in ms, a drain looks for connections that became idle; costs nothing before it begins. */
const LOOK_MS = 20;

/**
 * Waits for busy connections. As long as there are any, idle ones may bring requests too; then, once the grace
 * is over, they are closed. At the deadline all that are left are.
 */
export async function drainConnections(
  open: OpenConnections,
  { deadlineMs, idleGraceMs, cutting }: DrainTimes,
): Promise<void> {
  const start = performance.now();
  // Sends GOAWAY: streams that the client has opened are served, no new ones.
  for (const session of open.sessions) session.close();
  let isCut = false;
  for (;;) {
    const elapsed = performance.now() - start;
    if (elapsed >= deadlineMs) {
      if (!isCut) cutting?.();
      isCut = true;
      destroyAll(open);
    } else if (elapsed >= idleGraceMs && !anyBusy(open)) destroyIdle(open);
    if (open.connections.size + open.sessions.size === 0) break;
    await sleep(Math.min(LOOK_MS, Math.max(deadlineMs - elapsed, 1)));
  }
  open.front?.dropHandshakes();
}

/** Destroys every connection, whatever it is doing. */
export function destroyAll({ connections, sessions, front }: OpenConnections): void {
  front?.dropHandshakes();
  for (const { socket } of connections) socket.destroy();
  for (const session of sessions) session.destroy();
}

/** Lets go of connections that wait for their next request, and of the others when they do; a drain does it by itself. */
export function closeIdle(
  { connections, sessions }: OpenConnections,
  { draining }: { readonly draining: boolean },
): void {
  if (draining) return;
  for (const connection of connections) {
    if (connection.busy) closeWhenAnswered(connection);
    else connection.socket.destroy();
  }
  // Sends GOAWAY, and closes when no stream is left.
  for (const session of sessions) session.close();
}

/** For answers whose head has not said that they are the last ones. */
function closeWhenAnswered(connection: Connection): void {
  const { held, response, socket } = connection;
  if (held || connection.closing) return;
  response?.once('finish', () => {
    if (connection.waiting > 0 || connection.response !== response) return;
    connection.closing = true;
    endLingering(socket);
  });
}

function anyBusy({ connections }: OpenConnections): boolean {
  for (const connection of connections) if (connection.busy) return true;
  return false;
}

function destroyIdle({ connections, front }: OpenConnections): void {
  front?.dropHandshakes();
  for (const { socket } of connections) socket.destroy();
}

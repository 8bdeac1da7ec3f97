import { once } from 'node:events';
import type { Server } from 'node:http';

const LOOK_MS = 20;

/**
 * Takes no more connections and lets requests in flight end, as vLLM's `--shutdown-timeout` does.
 *
 * @param seconds how long; 0 waits for nothing
 * @returns when all have ended, or the time is over
 */
export async function drain(server: Server, seconds: number): Promise<void> {
  if (seconds === 0) return;
  const ended = once(server, 'close');
  server.close();
  // A kept-alive connection whose request has ended would stay.
  const look = setInterval(() => server.closeIdleConnections(), LOOK_MS);
  const late = new Promise((resolve) => setTimeout(resolve, seconds * 1000).unref());
  await Promise.race([ended, late]);
  clearInterval(look);
}

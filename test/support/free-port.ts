import { createServer } from 'node:net';

/** Below the ports that systems give out by themselves, so that nobody else takes one meanwhile. */
const FIRST = 20_000;
const PORTS_A_WORKER = 1_000;

/** Not the same in each file and run: one that ends may hold its ports for a moment, and two may run side by side. */
let taken = Math.floor(Math.random() * PORTS_A_WORKER);

/** A port on loopback that nobody listens on, given to one test alone: each jest worker has its own. */
export async function freePort(): Promise<number> {
  const worker = Number(process.env['JEST_WORKER_ID'] ?? 1) % 10;
  for (;;) {
    const port = FIRST + worker * PORTS_A_WORKER + (taken++ % PORTS_A_WORKER);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** As {@link freePort}, so many in a row. @returns the first */
export async function freePorts(count: number): Promise<number> {
  let first = await freePort();
  for (let found = 1; found < count; found++) {
    const port = await freePort();
    if (port === first + found) continue;
    first = port;
    found = 0;
  }
  return first;
}

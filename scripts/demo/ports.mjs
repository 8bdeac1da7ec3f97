// Ports of demos on the loopback.
import { connect, createServer } from 'node:net';

export const HOST = '127.0.0.1';
const LISTENS_MS = 30_000;
const taken = new Set();

function isAnswered(port) {
  return new Promise((resolve) => {
    const socket = connect(port, HOST);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** @returns when a program takes connections there */
export async function untilListens(port) {
  const deadline = Date.now() + LISTENS_MS;
  while (!(await isAnswered(port))) {
    if (Date.now() > deadline) throw new Error(`nobody listens on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function isFree(port) {
  // Listening alone is not enough: another program may hold the wildcard address.
  if (await isAnswered(port)) return false;
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}

/**
 * @param variable of the environment that may name the port, which must then be free
 * @param fallback without it: this one, or the next free one
 */
export async function choosePort(variable, fallback) {
  const asked = process.env[variable];
  const first = Number(asked ?? fallback);
  if (!Number.isInteger(first) || first < 1 || first > 65_535) {
    throw new Error(`${variable}=${asked} is not a port: give a number from 1 to 65535`);
  }
  for (let port = first; port <= 65_535; port++) {
    if (!taken.has(port) && (await isFree(port))) {
      taken.add(port);
      return port;
    }
    if (asked !== undefined) break;
  }
  throw new Error(`port ${first} is in use: set ${variable} to a free one`);
}

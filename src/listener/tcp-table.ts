import { readFile } from 'node:fs/promises';

/** Linux's tables of the connections in this network namespace. */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
const ESTABLISHED = '01';
const HEAD_LINES = 1;

/** A connection by its ports at both ends; `tcpKey` makes it. */
export type TcpKey = string;

/** @returns the key of a connection in {@link readEstablished} */
export function tcpKey(localPort: number, remotePort: number): TcpKey {
  return `${hexPort(localPort)}-${hexPort(remotePort)}`;
}

/**
 * The connections that no side has ended.
 *
 * @param keys that are asked for
 * @returns those of them whose other side has sent neither FIN nor RST; undefined where the system does not tell
 */
export async function readEstablished(
  keys: ReadonlySet<TcpKey>,
): Promise<ReadonlySet<TcpKey> | undefined> {
  const established = new Set<TcpKey>();
  const texts = await Promise.all(TABLES.map(readTable));
  for (const text of texts) {
    if (text === undefined) return undefined;
    for (const line of text.split('\n').slice(HEAD_LINES)) {
      // `sl local_address rem_address st …`, addresses as HEX:PORT.
      const [, local = '', remote = '', state] = line.trim().split(/ +/, 4);
      if (state !== ESTABLISHED) continue;
      const key = `${local.slice(-4)}-${remote.slice(-4)}`;
      if (keys.has(key)) established.add(key);
    }
  }
  return established;
}

/** @returns undefined where it is there and cannot be read, for want of descriptors perhaps */
async function readTable(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'latin1');
  } catch (error) {
    return path !== TABLES[0] && (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? ''
      : undefined;
  }
}

const hexPort = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');

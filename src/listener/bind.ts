import type { AddressInfo, Server } from 'node:net';

/** The port or address cannot be listened on. `code` is the system's (EADDRINUSE, EACCES, EADDRNOTAVAIL, …). */
export class ListenError extends Error {
  override readonly name = 'ListenError';

  constructor(
    readonly code: string,
    readonly port: number,
    readonly bindAddress: string,
    cause: unknown,
  ) {
    super(`${REASONS[code] ?? `cannot listen (${code})`}: ${bindAddress} port ${port}`, { cause });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'port is in use',
  EACCES: 'port needs more rights',
  EADDRNOTAVAIL: 'address is not one of this machine',
  EAFNOSUPPORT: 'address family is switched off',
  ENOTFOUND: 'bind address is not known',
};

/** Pending connections the kernel queues; Go and nginx use values of this order. */
const BACKLOG = 4_096;

/**
 * Listens on an address. All interfaces (`::` or empty) means both IP versions, or IPv4 alone where the machine
 * has no IPv6.
 *
 * @throws {ListenError}
 */
export async function bind(server: Server, port: number, address: string): Promise<AddressInfo> {
  const all = address === '' || address === '::';
  try {
    return await listenOn(server, port, all ? '::' : address);
  } catch (error) {
    const code = codeOf(error);
    if (!all || (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL')) {
      throw new ListenError(code, port, address, error);
    }
  }
  try {
    return await listenOn(server, port, '0.0.0.0');
  } catch (error) {
    throw new ListenError(codeOf(error), port, '0.0.0.0', error);
  }
}

function listenOn(server: Server, port: number, host: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve(server.address() as AddressInfo);
    });
  });
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'UNKNOWN';

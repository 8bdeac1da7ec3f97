import type { IncomingMessage } from 'node:http';

const MAPPED = '::ffff:';

/**
 * The address of the peer as other proxies write it: an IPv4 client of a dual-stack socket without its
 * `::ffff:` prefix. Empty where the connection is gone already.
 */
export function clientAddress(request: IncomingMessage): string {
  const address = request.socket.remoteAddress ?? '';
  return address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address;
}

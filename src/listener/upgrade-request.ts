import type { IncomingMessage } from 'node:http';

/**
 * Decides whether an Upgrade is honoured, so that the connection becomes a tunnel; otherwise the request is served
 * as if it had not asked (RFC 9110 §7.8 lets a server ignore the header).
 *
 * Refused: `h2c`, a known way round a proxy's checks; HTTP/1.0; and a request with a body, whose bytes would
 * be taken for the tunnel's.
 */
export function isTunnelRequest(request: IncomingMessage): boolean {
  if (request.httpVersion !== '1.1') return false;
  const { upgrade, 'content-length': length, 'transfer-encoding': coding } = request.headers;
  if (coding !== undefined || (length !== undefined && length !== '0')) return false;
  return upgrade !== undefined && !/(?:^|[\s,])h2c?(?:$|[\s,/])/i.test(upgrade);
}

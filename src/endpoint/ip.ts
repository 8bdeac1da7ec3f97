import { isIPv4, isIPv6 } from 'node:net';

/**
 * The one spelling of an IP address by which addresses are compared: RFC 5952 for IPv6, dotted decimal for IPv4; an
 * IPv4-mapped IPv6 address becomes the IPv4 address that it stands for.
 *
 * @param text an address without brackets and without zone
 * @returns undefined when it is none (IPv4 in hex, octal, short or as one number included)
 */
export function canonicalIp(text: string): string | undefined {
  if (isIPv4(text)) return text;
  // A zone is valid for isIPv6, but means another machine on every host.
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const host = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host);
  if (!mapped) return host;
  const high = parseInt(mapped[1]!, 16);
  const low = parseInt(mapped[2]!, 16);
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

/** @returns a host as a URL or `host:port` has it: IPv6 in brackets */
export function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

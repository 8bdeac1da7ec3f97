import { isIPv4 } from 'node:net';
import { canonicalIp, urlHost } from './ip.js';

/** Where a leg goes: one parsed value that is checked *and* dialled, never a URL. */
export interface Target {
  readonly kind: 'ip' | 'name';
  /** Canonical: an IP address without brackets, or a DNS name in lower case. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  /** `host:port` for logs and pool keys, IPv6 in brackets. */
  readonly label: string;
  /** What is dialled in place of a name: addresses that were checked, so that no DNS answer can differ. */
  readonly addresses?: readonly string[];
}

/** More candidates than this in one request are refused. */
export const MAX_CANDIDATES = 16;

const SHAPE = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9._-]{1,253})):([1-9][0-9]{0,4})$/;
const LABEL = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;
const SCHEME = /^https?:\/\//i;

/**
 * Parses the value of a header that names a target.
 *
 * Grammar: `[http:// or https://] host ":" port`, host being a dotted IPv4 address, an IPv6 address
 * in brackets (no zone) or a DNS name, port 1 to 65535 without leading zeros, blanks allowed around
 * the whole. The scheme is taken and ignored: TLS is chosen by configuration alone. Everything else
 * (userinfo, path, query, fragment, control characters, IPv4 in hex, octal, short or as one number)
 * is refused, so that no second parser can see another host in the same text.
 *
 * @returns the target, or undefined when the value does not have that form
 */
export function parseTarget(value: string): Target | undefined {
  const match = SHAPE.exec(trimBlanks(value).replace(SCHEME, ''));
  if (!match) return undefined;
  const [, ipv6, name, digits] = match;
  const port = Number(digits);
  if (port > 65535) return undefined;
  if (ipv6 !== undefined) {
    const host = canonicalIp(ipv6);
    if (host === undefined || isIPv4(ipv6)) return undefined;
    return addressTarget(host, port);
  }
  const host = name!;
  if (isIPv4(host)) return addressTarget(host, port);
  if (!isDnsName(host)) return undefined;
  const lower = host.toLowerCase();
  return { kind: 'name', host: lower, port, label: `${lower}:${port}` };
}

/** @returns what is dialled: the address that was checked, where one was, else the host; IPv6 without brackets */
export function dialledHost({ host, addresses }: Target): string {
  return addresses?.[0] ?? host;
}

/**
 * @returns the target at its {@link dialledHost} alone: where another engine is told of that address, the request goes
 *   to it and to no other one of a name
 */
export function atDialledHost(target: Target): Target {
  const { addresses } = target;
  return addresses && addresses.length > 1 ? { ...target, addresses: [addresses[0]!] } : target;
}

/** Whether both are the same port of the same host, as far as that is known: a name, and the address that it had. */
export function dialsSame(one: Target, other: Target): boolean {
  return one.port === other.port && dialledHost(one) === dialledHost(other);
}

/** @param ip in the spelling of `canonicalIp` */
export function addressTarget(ip: string, port: number): Target {
  return { kind: 'ip', host: ip, port, label: `${urlHost(ip)}:${port}` };
}

/**
 * Parses the lines of a header that may hold several candidates, comma-separated or repeated.
 *
 * @returns the candidates in order (none when all is blank); undefined when one does not parse or
 *   there are more than {@link MAX_CANDIDATES}
 */
export function parseTargets(lines: readonly string[]): Target[] | undefined {
  const targets: Target[] = [];
  for (const line of lines) {
    for (const element of line.split(',')) {
      if (trimBlanks(element) === '') continue;
      const target = parseTarget(element);
      if (!target || targets.length === MAX_CANDIDATES) return undefined;
      targets.push(target);
    }
  }
  return targets;
}

/** Only blank and tab: `String.trim` would also take characters that no HTTP parser calls blank. */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && (text[start] === ' ' || text[start] === '\t')) start++;
  while (end > start && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--;
  return text.slice(start, end);
}

/**
 * A name whose last label is numeric would be read as an IPv4 address by some resolver (WHATWG URL,
 * inet_aton), so it is none.
 */
function isDnsName(host: string): boolean {
  const labels = host.split('.');
  if (!labels.every((label) => LABEL.test(label))) return false;
  return !/^(?:\d+|0[xX][0-9A-Fa-f]*)$/.test(labels.at(-1)!);
}

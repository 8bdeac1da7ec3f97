/**
 * Header fields that belong to one connection and are never forwarded (RFC 9110 §7.6.1), with the
 * ones of older practice. Names are in lower case.
 */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/** @param name in lower case */
export function isHopByHop(name: string): boolean {
  return HOP_BY_HOP.has(name);
}

/**
 * The names that a Connection header lists, in lower case.
 *
 * @param value one line of the header; undefined is allowed and lists nothing
 */
export function connectionTokens(value: string): string[] {
  return value
    .toLowerCase()
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '');
}

import { getCACertificates } from 'node:tls';

/**
 * The certificates that upstreams are verified against: Node's own roots, the system's, and one's own.
 *
 * @param extra PEM, one or more certificates (`--ca-cert`), or empty
 */
export function trustedRoots(extra: string): string[] {
  const roots = new Set(getCACertificates('default'));
  // Node leaves the system's store out unless told otherwise; Go, which we stand in for, uses it.
  for (const root of getCACertificates('system')) roots.add(root);
  if (extra) roots.add(extra);
  return [...roots];
}

import { BlockList, isIP } from 'node:net';
import type { Target } from '../endpoint/target.js';

const FORBIDDEN = new BlockList();
// Link-local (RFC 3927, with the clouds' metadata services), unspecified, multicast, broadcast.
FORBIDDEN.addSubnet('169.254.0.0', 16, 'ipv4');
FORBIDDEN.addSubnet('0.0.0.0', 8, 'ipv4');
FORBIDDEN.addSubnet('224.0.0.0', 4, 'ipv4');
FORBIDDEN.addAddress('255.255.255.255', 'ipv4');
FORBIDDEN.addSubnet('fe80::', 10, 'ipv6');
FORBIDDEN.addAddress('::', 'ipv6');
FORBIDDEN.addSubnet('ff00::', 8, 'ipv6');
// The same behind NAT64 (RFC 6052).
FORBIDDEN.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
// Metadata services elsewhere: of Alibaba Cloud, of Oracle Cloud, of AWS by IPv6.
FORBIDDEN.addAddress('100.100.100.200', 'ipv4');
FORBIDDEN.addAddress('192.0.0.192', 'ipv4');
FORBIDDEN.addAddress('fd00:ec2::254', 'ipv6');

const METADATA_NAMES: ReadonlySet<string> = new Set(['metadata', 'metadata.google.internal']);

/** Whether no worker can be there, but something that is not to be asked. Loopback and private addresses are fine. */
export function isForbiddenTarget({ host }: Target): boolean {
  const family = isIP(host);
  if (family === 0) return METADATA_NAMES.has(host);
  return FORBIDDEN.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/** Whether this is how servers write that they listen everywhere; who connects to it reaches the own machine. */
export function isUnspecified({ host }: Target): boolean {
  return host === '0.0.0.0' || host === '::';
}

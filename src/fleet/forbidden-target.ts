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
// The metadata service of AWS by IPv6.
FORBIDDEN.addAddress('fd00:ec2::254', 'ipv6');

const METADATA_NAMES: ReadonlySet<string> = new Set(['metadata', 'metadata.google.internal']);

/** Whether no worker can be there, but something that is not to be asked. Loopback and private addresses are fine. */
export function isForbiddenTarget({ host }: Target): boolean {
  const family = isIP(host);
  if (family === 0) return METADATA_NAMES.has(host);
  return FORBIDDEN.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
